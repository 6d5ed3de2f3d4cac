"""The short names of common emoji, and the characters they stand for."""

import re

SHORT_NAME = re.compile(r":([a-z0-9_+'-]{1,60}):(?::skin-tone-[2-6]:)?")


EMOJI = {
    "+1": "👍", "-1": "👎", "thumbsup": "👍", "thumbsdown": "👎", "wave": "👋", "clap": "👏",
    "raised_hands": "🙌", "pray": "🙏", "muscle": "💪", "handshake": "🤝", "point_right": "👉",
    "point_left": "👈", "point_up": "☝️", "point_down": "👇", "ok_hand": "👌", "eyes": "👀",
    "smile": "😄", "smiley": "😃", "grinning": "😀", "slightly_smiling_face": "🙂", "wink": "😉",
    "blush": "😊", "joy": "😂", "thinking_face": "🤔", "neutral_face": "😐", "disappointed": "😞",
    "cry": "😢", "sweat_smile": "😅", "relieved": "😌", "sunglasses": "😎", "zany_face": "🤪",
    "heart": "❤️", "sparkles": "✨", "star": "⭐", "star2": "🌟", "fire": "🔥", "tada": "🎉",
    "trophy": "🏆", "medal": "🏅", "100": "💯", "rocket": "🚀", "dart": "🎯", "bulb": "💡",
    "seedling": "🌱", "herb": "🌿", "deciduous_tree": "🌳", "evergreen_tree": "🌲", "sunflower": "🌻",
    "four_leaf_clover": "🍀", "ladder": "🪜", "mountain": "⛰️", "compass": "🧭", "world_map": "🗺️",
    "calendar": "📅", "date": "📅", "spiral_calendar_pad": "🗓️", "alarm_clock": "⏰", "clock1": "🕐",
    "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "stopwatch": "⏱️", "bell": "🔔",
    "no_bell": "🔕", "mega": "📣", "loudspeaker": "📢", "speech_balloon": "💬",
    "thought_balloon": "💭", "memo": "📝", "pencil": "📝", "pencil2": "✏️", "clipboard": "📋",
    "notebook": "📓", "book": "📖", "books": "📚", "bookmark": "🔖", "mortar_board": "🎓",
    "briefcase": "💼", "file_folder": "📁", "page_facing_up": "📄", "paperclip": "📎",
    "chart_with_upwards_trend": "📈", "chart_with_downwards_trend": "📉", "bar_chart": "📊",
    "mag": "🔍", "lock": "🔒", "unlock": "🔓", "key": "🔑", "gear": "⚙️", "wrench": "🔧",
    "hammer": "🔨", "link": "🔗", "email": "📧", "envelope": "✉️", "inbox_tray": "📥",
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "ballot_box_with_check": "☑️", "x": "❌",
    "warning": "⚠️", "no_entry": "⛔", "question": "❓", "grey_question": "❔", "exclamation": "❗",
    "information_source": "ℹ️", "arrow_right": "➡️", "arrow_left": "⬅️", "arrow_up": "⬆️",
    "arrow_down": "⬇️", "arrows_counterclockwise": "🔄", "repeat": "🔁", "fast_forward": "⏩",
    "black_right_pointing_triangle": "▶️", "double_vertical_bar": "⏸️", "heavy_plus_sign": "➕",
    "heavy_minus_sign": "➖", "red_circle": "🔴", "large_yellow_circle": "🟡",
    "large_green_circle": "🟢", "large_blue_circle": "🔵", "white_circle": "⚪", "black_circle": "⚫",
    "coffee": "☕", "cake": "🍰", "palm_tree": "🌴", "house": "🏠", "office": "🏢", "sunny": "☀️",
    "rainbow": "🌈", "crescent_moon": "🌙", "zap": "⚡", "puzzle_piece": "🧩", "crystal_ball": "🔮",
    "busts_in_silhouette": "👥", "bust_in_silhouette": "👤", "robot_face": "🤖", "technologist": "🧑‍💻",
    "one": "1️⃣", "two": "2️⃣", "three": "3️⃣", "four": "4️⃣", "five": "5️⃣", "gift": "🎁",
}  # fmt: skip


def with_emoji(text: str) -> str:
    """Write each known `:short_name:` as its character; names nobody knows stay as typed."""
    return SHORT_NAME.sub(lambda match: EMOJI.get(match[1], match[0]), text)
