"""Settings come from the environment or one file; everything written is below the data folder."""

from pathlib import Path

import pytest

from review_app.settings import Settings, SettingsError, load_settings


def test_everything_is_below_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "kept here")
    settings.make_folders()
    paths = [
        settings.video_folder("abc"),
        settings.artefacts,
        settings.models,
        settings.uploads,
        settings.weights,
        settings.logs,
        settings.inbox,
        settings.secret_key_file,
    ]
    assert all(path.is_relative_to(tmp_path / "kept here") for path in paths)
    assert str(tmp_path / "kept here") in settings.labels_url
    assert str(tmp_path / "kept here") in settings.jobs_url


def test_the_environment_sets_and_a_wrong_value_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REHAB_REVIEW_PORT", "9001")
    monkeypatch.setenv("REHAB_REVIEW_IMPORT_FOLDERS", f"{tmp_path}:/mnt/videos")
    settings = load_settings()
    assert settings.address == "http://127.0.0.1:9001"
    assert settings.import_folders == (tmp_path, Path("/mnt/videos"))
    for wrong in ("90010", "abc"):
        monkeypatch.setenv("REHAB_REVIEW_PORT", wrong)
        with pytest.raises(SettingsError, match="The setting port cannot be used: input should be"):
            load_settings()


def test_a_data_folder_that_is_a_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be used"):
        Settings(data_folder=tmp_path / "file").make_folders()


def test_a_relative_data_folder_does_not_follow_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(data_folder=Path("here"))
    assert settings.data_folder == tmp_path / "here"


def test_the_file_sets_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "rehab-review.toml"
    file.write_text(f'port = 9002\nthreads = 3\nimport_folders = ["{tmp_path}"]\n')
    monkeypatch.setitem(Settings.model_config, "toml_file", file)
    monkeypatch.setenv("REHAB_REVIEW_PORT", "9003")
    settings = load_settings()
    assert (settings.port, settings.threads) == (9003, 3)
    assert settings.import_folders == (tmp_path,)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("prot = 9002", "There is no setting prot, but .* has one. The settings are data_folder, "),
        ("port =", "cannot be read: Invalid value"),
    ],
)
def test_a_wrong_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, sentence: str
) -> None:
    file = tmp_path / "rehab-review.toml"
    file.write_text(line)
    monkeypatch.setitem(Settings.model_config, "toml_file", file)
    with pytest.raises(SettingsError, match=sentence):
        load_settings()
