"""Write docs/data-dictionary.md from the contract in code: python tools/data_dictionary.py"""

from pathlib import Path

from cx_helpers.tables import TABLES

DOC = Path(__file__).parent.parent / "docs" / "data-dictionary.md"
HEAD = """# Data dictionary

Made from `cx_helpers/tables.py` by `python tools/data_dictionary.py`; a test holds the two in step.

Times are UTC timestamps in microseconds. Columns marked * are required; others may be absent or null. Columns that are
not here are kept and can be used as segments. Every table may carry `source`, the system it came from."""


def text() -> str:
    """The whole document."""
    parts = [HEAD]
    for name, table in TABLES.items():
        parts.append(
            f"\n## {name}\n\n{table.meaning[0].upper()}{table.meaning[1:]}. Key: `{'`, `'.join(table.key)}`.\n"
        )
        parts.append("| column | type | meaning |\n|---|---|---|")
        for column, about in table.columns.items():
            star = "*" if column in table.required else ""
            values = f"one of `{'` `'.join(about.values)}`" if about.values else ""
            meaning = "; ".join(part for part in (about.meaning, values) if part)
            parts.append(f"| `{column}`{star} | {about.type} | {meaning} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    DOC.write_text(text(), "utf-8")
