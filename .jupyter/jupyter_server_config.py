"""Read by `make lab`: our style and the font of the pages, and a lab that asks nobody outside for anything."""

from cx_helpers.report.theme import ASSETS

c = get_config()  # noqa: F821 (Jupyter puts it there)
c.LabApp.custom_css = True  # custom/custom.css beside this file
c.ServerApp.extra_static_paths = [str(ASSETS)]  # the font that it names
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None
c.LabApp.extension_manager = "readonly"  # the usual one asks a package index
