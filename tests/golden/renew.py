"""python tests/golden/renew.py: run the golden notebook and keep what it shows now.  Then look at the difference."""

import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
STYLE = re.compile(r"<style>.*?</style>", re.S)  # the looks of a block in the lab; nbval.cfg leaves them out as well


def main() -> None:
    for path in sorted(HERE.glob("*.ipynb")):
        notebook = nbformat.read(path, 4)
        NotebookClient(notebook, record_timing=False, resources={"metadata": {"path": HERE}}).execute()
        notebook.metadata.pop("language_info", None)
        for cell in notebook.cells:
            for output in cell.get("outputs", ()):
                html = output.get("data", {}).get("text/html")
                if html:
                    output.data["text/html"] = STYLE.sub("<style></style>", html)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
