"""The one door to the app: Socket Mode if it is connected, else its event URL, else nothing."""

from dataclasses import dataclass, field

from sandbox.delivery.envelope import Envelope
from sandbox.delivery.http import HttpLink
from sandbox.delivery.sockets import SocketLink
from sandbox.model import Json


@dataclass
class AppLink:
    """How the app is reached at this moment."""

    http: HttpLink
    sockets: SocketLink = field(default_factory=SocketLink)

    @property
    def is_attached(self) -> bool:
        """Say whether there is anybody to deliver to."""
        return self.sockets.is_connected or self.http.url is not None

    async def send(self, envelope: Envelope) -> Json:
        """Deliver a payload and return the acknowledgement; `Undelivered` after 3 seconds or a refusal."""
        if self.sockets.is_connected:
            return await self.sockets.send(envelope)
        return await self.http.send(envelope)
