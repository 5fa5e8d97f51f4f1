"""What does HubSpot write beside the fields of a record?  When it came into each stage, a column a stage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from cx_helpers.intake.unpacking import each, knows

# hs_date_entered_7970058, hs_v2_date_entered_closedwon; in a CSV: Date entered "Waiting on us (Support)"
_ENTERED = re.compile(
    r"^(?:property_|properties\.)?(?:hs_(?:v2_)?date_entered_(?P<id>\w+)"
    r"|Date entered [\"'“”‘’«]?(?P<label>.+?)[\"'“”‘’»]?)$",
    re.IGNORECASE,
)
# what else is said of a stage follows from when it was entered
_STAGE = re.compile(
    r"(?:property_|properties\.)?hs_(?:v2_)?(?:date_exited|(?:cumulative_|latest_)?time_in)_\w+$"
    r"|(?:Date exited|(?:Cumulative|Latest) time in) [\"'“”‘’«].+$"
)


@knows(uses=rf"{_ENTERED.pattern}|{_STAGE.pattern}|associations$|url$|propertiesWithHistory$", makes=("stages",))
@each
def record(row: dict) -> Iterator[dict]:
    """A record with `stages`: a JSON list of {stage, at}, in the order of time; the API's nested fields lie flat."""
    flat = {k: v for k, v in row.items() if k != "properties"}
    for name, value in (row.get("properties") or {}).items() if isinstance(row.get("properties"), dict) else ():
        flat.setdefault(name, value.get("value") if isinstance(value, dict) else value)
    stages = []
    for name, value in flat.items():
        found = _ENTERED.match(name)
        if found and value not in (None, ""):
            stages.append({"stage": found["id"] or found["label"], "at": str(value)})
    for contact in ((row.get("associations") or {}).get("contacts") or {}).get("results") or ():
        flat.setdefault("associated_contact_ids", str(contact.get("id")))
    flat["stages"] = json.dumps(sorted(stages, key=lambda s: s["at"]), ensure_ascii=False) if stages else None
    yield flat
