"""Folders for PATH: put together from what is there, named by what they are made of."""

from pathlib import Path

from tools.provision.cache import Cache
from tools.provision.environment import as_shell, variables
from tools.provision.folders import Folder, Sources, assemble, engine_folders
from tools.provision.needs import RUN


def unpacked(root: Path, *files: str) -> Sources:
    packages = root / "debian" / "debian-12-x86_64"
    for file in files:
        (packages / file).parent.mkdir(parents=True, exist_ok=True)
        (packages / file).write_text(file)
    return Sources(Cache(root), packages, from_path=False, needs=RUN)


def test_a_packaged_engine_is_named_by_its_version(tmp_path: Path) -> None:
    sources = unpacked(tmp_path, "docker.io/20.10.24+dfsg1-1/usr/sbin/dockerd", "runc/1.1.5/usr/sbin/runc")
    (engine,) = engine_folders(sources)
    assert engine.name == "docker-20.10"
    assert set(engine.files) == {"bin/dockerd", "bin/runc"}


def test_a_folder_stands_alone_and_has_a_short_name(tmp_path: Path) -> None:
    (engine,) = engine_folders(unpacked(tmp_path, "docker.io/20.10.24/usr/sbin/dockerd"))
    made = assemble(engine, Cache(tmp_path), say=print)
    assert (made / "bin" / "dockerd").read_text().startswith("docker.io/")
    assert not any(path.is_symlink() for path in made.rglob("*"))
    assert (tmp_path / "engines" / "docker-20.10").resolve() == made


def test_a_link_in_a_package_becomes_the_file_itself(tmp_path: Path) -> None:
    target = tmp_path / "real"
    target.write_text("content")
    (tmp_path / "link").symlink_to(target)
    made = assemble(Folder("tools", "", {"bin/x": (tmp_path / "link").resolve()}), Cache(tmp_path), say=print)
    assert not (made / "bin" / "x").is_symlink()


def test_other_sources_make_another_folder_and_the_old_one_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    first = assemble(Folder("engines", "docker-29", {"bin/dockerd": tmp_path / "one"}), cache, say=print)
    second = assemble(Folder("engines", "docker-29", {"bin/dockerd": tmp_path / "two"}), cache, say=print)
    assert (first / "bin" / "dockerd").read_text() == "one"
    assert (tmp_path / "engines" / "docker-29").resolve() == second


def test_only_tests_get_a_docker_configuration_of_their_own(tmp_path: Path) -> None:
    sources = unpacked(tmp_path, "docker.io/20.10.24/usr/sbin/dockerd", "docker.io/20.10.24/usr/bin/docker")
    for_run = variables(sources, "run", tmp_path, {"PATH": "/usr/bin"})
    for_test = variables(sources, "test", tmp_path, {"PATH": "/usr/bin"})
    assert "DOCKER_CONFIG" not in for_run
    assert for_test["DOCKER_CONFIG"].startswith(str(tmp_path))
    assert for_run["DINP_ENGINE_20_10"] == for_run["DINP_ENGINES"]
    assert for_run["PATH"].split(":")[0] == str(tmp_path / ".venv" / "bin")
    assert for_run["PATH"].endswith("/usr/bin:/usr/local/sbin:/usr/sbin:/sbin")


def test_values_are_quoted_for_the_shell() -> None:
    assert as_shell({"A": "two words", "B": "x"}) == "export A='two words'\nexport B=x\n"
