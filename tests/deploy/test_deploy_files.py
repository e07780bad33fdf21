"""The files that an office's server is set up with are sound, and ask the product for what it has."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from tilth.cli.commands import app
from tilth.web.routes import DOORS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("tilth*.*"))


def options(command: str) -> set[str]:
    group: Any = typer.main.get_command(app)
    return {flag for one in group.commands[command].params for flag in one.opts}


def routes() -> set[str]:
    return {route.path for door in DOORS for route in door.router.routes}  # type: ignore[attr-defined]


def instructions() -> list[str]:
    text = (DEPLOY / "Containerfile").read_text()
    return re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


# --- systemd ------------------------------------------------------------------------------------------------------


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with a program that is there on any machine."""
    for name in UNITS:
        text = (DEPLOY / name).read_text().replace("/opt/tilth/bin/tilth", "/bin/true")
        (tmp_path / name).write_text(text)
    return tmp_path


def asked(*words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(words[0]) is None:
        pytest.skip(f"needs {words[0]}")
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_systemd_takes_the_units(units: Path) -> None:
    said = asked("systemd-analyze", "verify", *(str(units / name) for name in UNITS))
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_service_may_do_little_on_its_machine(units: Path, name: str) -> None:
    said = asked("systemd-analyze", "security", "--offline=true", "--threshold=20", str(units / name))
    if "Unknown" in said.stderr or "unrecognized option" in said.stderr:
        pytest.skip("needs a newer systemd")
    assert said.returncode == 0, said.stdout[-300:] + said.stderr
    assert re.search(r"exposure level for \S+: [01]\.\d OK", said.stdout)


def test_the_service_starts_the_server_with_options_that_it_has() -> None:
    text = (DEPLOY / "tilth.service").read_text()
    (words,) = re.findall(r"^ExecStart=\S+ serve (.*)$", text, re.MULTILINE)
    assert set(re.findall(r"--[a-z-]+", words)) <= options("serve")
    (words,) = re.findall(r"tilth backup (.*)'$", (DEPLOY / "tilth-backup.service").read_text(), re.MULTILINE)
    assert set(re.findall(r"--[a-z-]+", words)) <= options("backup")


# --- containers ---------------------------------------------------------------------------------------------------


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_is_ready() -> None:
    lines = instructions()
    last = [line.split() for line in lines if re.match(r"(FROM|USER|HEALTHCHECK|STOPSIGNAL)\b", line)]
    assert [words[0] for words in last] == ["FROM", "FROM", "USER", "STOPSIGNAL", "HEALTHCHECK"]
    assert last[2][1] == "10001:10001"
    assert all(re.fullmatch(r"docker\.io/\S+:\d[\w.-]+", words[1]) for words in last[:2]), "a version, not the latest"
    (health,) = re.findall(r"http://127\.0\.0\.1:8000(\S+?)'", " ".join(lines))
    assert health in routes()
    assert "--require-hashes" in " ".join(lines) and "--no-index" in " ".join(lines)


def test_the_image_starts_the_server_with_options_that_it_has(services: dict[str, Any]) -> None:
    (words,) = (line for line in instructions() if line.startswith("CMD"))
    assert set(re.findall(r"--[a-z-]+", words)) <= options("serve")
    assert {word.partition("=")[0] for word in services["tilth"]["command"][1:]} <= options("serve")


def test_the_containers_have_no_more_than_they_need(services: dict[str, Any]) -> None:
    tilth, database, edge = (services[name] for name in ("tilth", "database", "edge"))
    assert tilth["read_only"] and tilth["user"] == "10001:10001" and "ports" not in tilth
    assert "ports" not in database and database["networks"] == ["inside"]
    for one in (tilth, edge):
        assert one["cap_drop"] == ["ALL"] and one["security_opt"] == ["no-new-privileges:true"] and one["read_only"]
    assert all(":" in one["image"] or "build" in one for one in services.values())


def test_the_network_whose_word_is_believed_is_that_of_the_proxy(services: dict[str, Any]) -> None:
    networks = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["networks"]
    (proxy,) = (word for word in services["tilth"]["command"] if word.startswith("--proxy="))
    assert proxy == f"--proxy={networks['edge']['ipam']['config'][0]['subnet']}"
    assert networks["inside"]["internal"] is True


def test_no_secret_stands_in_the_files() -> None:
    for file in DEPLOY.iterdir():
        text = file.read_text()
        assert not re.search(r"PASSWORD[=:] *\S", text) and "postgresql://" not in text, file.name


# --- proxies ------------------------------------------------------------------------------------------------------


def test_proxies_pass_on_neither_metrics_nor_what_clients_say_of_themselves() -> None:
    nginx, caddy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    assert "/api/v1/metrics" in routes()
    assert re.search(r"location = /api/v1/metrics \{\s+return 404;", nginx)
    assert "@watchers path /api/v1/metrics" in caddy and "respond @watchers 404" in caddy
    assert "X-Forwarded-For $remote_addr;" in nginx and "proxy_add_x_forwarded_for" not in nginx
    assert "trusted_proxies" not in caddy
    (layout,) = re.findall(r"log_format tilth '(.*?)';", nginx)
    assert "$uri" in layout and "$request " not in layout and "args" not in layout


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    text = re.sub(r"listen \[::\].*\n", "", (DEPLOY / "nginx.conf").read_text())
    text = text.replace("/etc/nginx/", f"{tmp_path}/").replace("/var/log/nginx/", f"{tmp_path}/")
    (tmp_path / "tilth.conf").write_text(
        text.replace("listen 80;", "listen 18080;").replace("listen 443", "listen 18443")
    )
    kept = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ access_log off; {kept} include {tmp_path}/tilth.conf; }}\n"
    (tmp_path / "nginx.conf").write_text(whole)
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tilth.example"]
    subprocess.run(
        [*words, "-keyout", tmp_path / "tilth.key", "-out", tmp_path / "tilth.pem"], check=True, capture_output=True
    )
    said = asked("nginx", "-t", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path), "-e", str(tmp_path / "errors"))
    assert said.returncode == 0, said.stderr


def test_caddy_takes_its_file() -> None:
    said = asked("caddy", "validate", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile")
    assert said.returncode == 0, said.stderr
