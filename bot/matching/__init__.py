"""How buddies are chosen: the people of a round go in as values, groups and the reasons for them come out."""
