"""The notebook runs from its first cell to its last, and its outputs stay small."""

from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).resolve().parents[3] / "examples" / "notebook.ipynb"


def test_notebook(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    if not NOTEBOOK.exists():
        pytest.skip("the notebook is in the repository alone")
    kept = nbformat.read(NOTEBOOK, as_version=4)
    assert all(c.outputs for c in kept.cells if c.cell_type == "code"), "run the notebook and keep its outputs"
    assert NOTEBOOK.stat().st_size < 100_000
    nb = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(nb, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert all(c.outputs for c in nb.cells if c.cell_type == "code")
    assert nbformat.writes(nb).count("Traceback") == 0
