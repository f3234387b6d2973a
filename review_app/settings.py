"""Everything that can be set, from the environment (REHAB_REVIEW_...) or one file."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

#: The checkout: where the shipped weights, the theme and the settings file are.
ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A setting cannot be used; the message says which one, and what is wrong with it."""


class Settings(BaseSettings):
    """Settings of one installation; the environment wins over `rehab-review.toml`.

    In the file a setting has the name it has here: `port = 8502`.

    data_folder: everything the application writes is below it. database_url: the labels; SQLite
        in the data folder unless set. jobs_database_url: the job queue, likewise.
    host, port: where the pages are served. threads: CPU threads of the models in the worker.
    device: where the models compute; "auto" takes a GPU where there is one.
    import_folders: folders on this machine that people may import from in the browser; the data
        folder's `inbox` always is one. In the environment separated by colons, like PATH.
    max_video_gb: uploads larger than this are refused.
    """

    model_config = SettingsConfigDict(
        env_prefix="REHAB_REVIEW_",
        toml_file=ROOT / "rehab-review.toml",
        extra="forbid",
        frozen=True,
    )

    data_folder: Path = ROOT / "data"
    database_url: str = ""
    jobs_database_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=1, le=65535)
    threads: int = Field(default_factory=lambda: min(os.cpu_count() or 2, 8), ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    import_folders: Annotated[tuple[Path, ...], NoDecode] = ()
    max_video_gb: float = Field(default=64.0, gt=0)

    @field_validator("data_folder")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().resolve()

    @field_validator("import_folders", mode="before")
    @classmethod
    def _separated(cls, folders: object) -> object:
        if isinstance(folders, str):
            return tuple(part for part in folders.split(os.pathsep) if part)
        return folders

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def labels_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_folder / 'rehab.sqlite'}"

    @property
    def jobs_url(self) -> str:
        return self.jobs_database_url or f"sqlite:///{self.data_folder / 'jobs.sqlite'}"

    @property
    def videos(self) -> Path:
        return self.data_folder / "videos"

    @property
    def artefacts(self) -> Path:
        return self.data_folder / "artefacts"

    @property
    def models(self) -> Path:
        return self.data_folder / "models"

    @property
    def uploads(self) -> Path:
        return self.data_folder / "uploads"

    @property
    def weights(self) -> Path:
        """Weights fetched, imported or trained here; those of this repository: SHIPPED_WEIGHTS."""
        return self.data_folder / "weights"

    @property
    def logs(self) -> Path:
        return self.data_folder / "logs"

    @property
    def inbox(self) -> Path:
        return self.data_folder / "inbox"

    @property
    def secret_key_file(self) -> Path:
        return self.data_folder / "secret.key"

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def video_folder(self, sha256: str) -> Path:
        """Where one recording lives: the original, its index, proxy, poster and thumbnails."""
        return self.videos / sha256

    def make_folders(self) -> None:
        """Create every folder the application writes to. Raises SettingsError."""
        for folder in (
            self.videos,
            self.artefacts,
            self.models,
            self.uploads,
            self.weights,
            self.logs,
            self.inbox,
        ):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SettingsError(
                    f"The data folder {self.data_folder} cannot be used ({error.strerror}). "
                    "Choose another one with REHAB_REVIEW_DATA_FOLDER."
                ) from None


#: Weights of stages 2 and 3 that come with the repository.
SHIPPED_WEIGHTS = ROOT / "weights"


def load_settings() -> Settings:
    """The settings of this process. Raises SettingsError with a sentence about what is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise SettingsError(
                f"There is no setting {name}, but {Settings.model_config.get('toml_file')} has "
                f"one. The settings are {', '.join(Settings.model_fields)}."
            ) from None
        raise SettingsError(
            f"The setting {name} cannot be used: {first['msg'].lower()}. It is set by "
            f"REHAB_REVIEW_{name.upper()} or in {Settings.model_config.get('toml_file')}."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"The file {Settings.model_config.get('toml_file')} cannot be read: {error}."
        ) from None
