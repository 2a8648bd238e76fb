"""What a simulation tells when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Report:
    """What happened. records: workers registered. bytes: bodies as they travelled. retries: requests on a bad line."""

    officers: int = 0
    villages: int = 0
    records: int = 0
    changes: int = 0
    conflicts: int = 0
    quarantined: int = 0
    waiting: int = 0
    requests: int = 0
    retries: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    seconds: float = 0.0
    lost: dict[str, int] = field(default_factory=dict)
    disagreements: list[str] = field(default_factory=list)

    @property
    def agreed(self) -> bool:
        return not self.disagreements

    def summary(self) -> str:
        """For people, in both languages."""
        rows = [
            ("Petugas / officers", self.officers), ("Desa / villages", self.villages),
            ("Data terdaftar / records made", self.records), ("Perubahan / changes", self.changes),
            ("Menunggu keputusan / in conflict", self.conflicts), ("Perlu diperbaiki / quarantined", self.quarantined),
            ("Belum digabung / still received only", self.waiting), ("Permintaan / requests", self.requests),
            ("Sambungan putus / lines lost", self.retries),
            ("Naik, turun / up, down (kB)", f"{self.bytes_up / 1000:.1f}, {self.bytes_down / 1000:.1f}"),
            ("Lama / took (s)", f"{self.seconds:.1f}"),
        ]  # fmt: skip
        lines = [f"{label:<40} {value}" for label, value in rows]
        verdict = (
            "Semua HP dan server sepakat / every device and the server agree"
            if self.agreed
            else f"TIDAK SEPAKAT / DISAGREE: {len(self.disagreements)}"
        )
        return "\n".join([*lines, verdict, *(f"  {line}" for line in self.disagreements[:20])])
