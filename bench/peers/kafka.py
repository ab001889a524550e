"""Apache Kafka: one KRaft node, its jars from Maven Central (needs java 17 or later and mvn).

python -m bench.peers.kafka      downloads the jars, starts a node on free ports, prints its address, stops at Ctrl-C
"""

import contextlib
import logging
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.peers.process import cache_folder, free_port, started

VERSION = "4.1.0"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>bench</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
"""
DURABLE = "log.flush.interval.messages=1, acks=all"
NOT_DURABLE = "flushing left to the system, acks=all"
TOPIC = "orders"
QUIET = logging.getLogger("bench.kafka")


def missing() -> str:
    """Why it can't be started here; empty if it can."""
    lacking = [name for name in ("java", "mvn") if shutil.which(name) is None]
    return f"there is no {' and no '.join(lacking)}" if lacking else ""


def jars() -> Path:
    """The folder of the jars, downloaded once."""
    folder = cache_folder(f"kafka-{VERSION}")
    if not (folder / "complete").exists():
        (folder / "pom.xml").write_text(POM)
        command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'jars'}"]
        subprocess.run(command, cwd=folder, check=True)
        (folder / "complete").touch()
    return folder / "jars"


@contextlib.contextmanager
def running(*, durable: bool, heap: str = "768m") -> Iterator[int]:
    """The port of a node with the topic `orders` of one partition."""
    from confluent_kafka.admin import AdminClient, NewTopic

    java = ["java", f"-Xmx{heap}", f"-Xms{heap}", "-cp", f"{jars()}/*"]
    folder = Path(tempfile.mkdtemp(prefix="factstorm-kafka-"))
    port, controller = free_port(), free_port()
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder / "data"),
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "min.insync.replicas": "1",
        "message.max.bytes": str(16 << 20),
        "socket.request.max.bytes": str(64 << 20),
    }
    if durable:
        settings["log.flush.interval.messages"] = "1"
    file = folder / "server.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    try:
        found = subprocess.run([*java, "kafka.tools.StorageTool", "random-uuid"], capture_output=True, check=True)
        format_it = ["kafka.tools.StorageTool", "format", "-t", found.stdout.decode().split()[-1], "-c", str(file)]
        subprocess.run([*java, *format_it], capture_output=True, check=True)
        with started([*java, "kafka.Kafka", str(file)], port=port, log=folder / "kafka.log"):
            admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "logger": QUIET})
            config = {"flush.messages": "1"} if durable else {}
            made = admin.create_topics([NewTopic(TOPIC, 1, 1, config=config)], operation_timeout=30)
            made[TOPIC].result(60)
            yield port
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    with running(durable=True) as address, contextlib.suppress(KeyboardInterrupt):
        print(f"127.0.0.1:{address}", flush=True)
        while True:
            time.sleep(1)
