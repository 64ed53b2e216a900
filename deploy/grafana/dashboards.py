# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the dashboards beside this file, and the PrometheusRule out of ../prometheus/rules.yaml.

usage: dashboards.py [FOLDER]     FOLDER: where to write instead (overview.json ..., prometheusrule.yaml)
"""

from __future__ import annotations

import json
import pathlib
import sys
from dataclasses import dataclass
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE.parent / "prometheus/rules.yaml"

FAULTS = "UNKNOWN|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED|INTERNAL|UNAVAILABLE|DATA_LOSS"
POD = 'job="omserve",instance=~"$instance"'
MODEL = POD + ',model=~"$model"'
STREAM = MODEL + ',method="DetectStream"'
NPU = 'job="npu-exporter"'
WINDOW = "[$__rate_interval]"


@dataclass(frozen=True)
class Panel:
    title: str
    queries: tuple[tuple[str, str], ...]  # expression, legend
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    stacked: bool = False
    text: str = ""


def rate(metric: str, labels: str = MODEL, by: str = "") -> str:
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{{{labels}}}{WINDOW}))"


def quantiles(metric: str, labels: str, by: str = "") -> tuple[tuple[str, str], ...]:
    groups = f"le, {by}" if by else "le"
    legend = f"{{{{{by}}}}} " if by else ""
    return tuple(
        (f"histogram_quantile({q}, {rate(metric + '_bucket', labels, groups)})", f"{legend}p{round(q * 100)}")
        for q in (0.5, 0.9, 0.99)
    )


def over(part: str, whole: str) -> str:
    return f"{part} / {whole}"


DURATION = "omserve_request_duration_seconds"
PHASES = "omserve_stage_duration_seconds"

OVERVIEW = (
    Panel("Requests", ((rate("omserve_requests_total"), ""),), "reqps", "stat", 4),
    Panel(
        "Failures of ours",
        ((over(rate("omserve_requests_total", MODEL + f',code=~"{FAULTS}"'), rate("omserve_requests_total")), ""),),
        "percentunit", "stat", 4, text="Codes that the objective of 99.9 % counts.",
    ),
    Panel("Latency p99", quantiles(DURATION, MODEL)[2:], "s", "stat", 4),
    Panel("At work", ((f"sum (omserve_inflight_requests{{{MODEL}}})", ""),), "short", "stat", 4),
    Panel("Devices that work", ((f"sum (omserve_device_healthy{{{POD}}})", ""),), "short", "stat", 4),
    Panel("Devices busy", ((f"avg (rate(omserve_device_busy_seconds_total{{{POD}}}{WINDOW}))", ""),), "percentunit", "stat", 4),
    Panel("Requests by model", ((rate("omserve_requests_total", by="model"), "{{model}}"),), "reqps", stacked=True),
    Panel("Requests by code", ((rate("omserve_requests_total", by="code") + " > 0", "{{code}}"),), "reqps", stacked=True),
    Panel("Latency", quantiles(DURATION, MODEL, "model"), "s"),
    Panel(
        "Where the time of a request goes",
        ((f"{rate(PHASES + '_sum', by='stage')} / on () group_left () {rate(DURATION + '_count')}", "{{stage}}"),),
        "s", stacked=True, text="Mean of a request; device phases of its batches count whole.",
    ),
    Panel("Waiting for a batch", ((f"sum by (model) (omserve_queue_depth{{{MODEL}}})", "{{model}}"),)),
    Panel("Failures by reason", ((rate("omserve_request_failures_total", by="reason") + " > 0", "{{reason}}"),), "reqps", stacked=True),
    Panel(
        "Error budget, burnt over an hour",
        (('model:omserve_errors:ratio_rate1h{job="omserve",model=~"$model"} / 0.001', "{{model}} failures"),
         ('model:omserve_slow:ratio_rate1h{job="omserve",model=~"$model"} / 0.01', "{{model}} slow")),
        text="1 uses the budget up by the end of the month; 14.4 pages.",
    ),
    Panel("Instances", (('sum (up{job="omserve"})', "answering"), ('count (up{job="omserve"})', "known")), width=8),
    Panel("Versions", ((f"count by (version, commit, soc) (omserve_build_info{{{POD}}})", "{{version}} {{commit}} {{soc}}"),), width=8),
)  # fmt: skip

PIPELINE = (
    Panel("Requests by code", ((rate("omserve_requests_total", by="model, code") + " > 0", "{{model}} {{code}}"),), "reqps", stacked=True),
    Panel("Latency", quantiles(DURATION, MODEL, "model"), "s"),
    Panel("Latency, spread", ((rate(DURATION + "_bucket", MODEL, "le"), "{{le}}"),), "short", "heatmap"),
    Panel("Time in a phase, p90", ((f"histogram_quantile(0.9, {rate(PHASES + '_bucket', MODEL, 'le, stage')})", "{{stage}}"),), "s"),
    Panel("Items by stage", ((rate("omserve_inferences_total", by="model, stage"), "{{model}}/{{stage}}"),), "ops"),
    Panel("Batches by stage", ((rate("omserve_batches_total", by="model, stage"), "{{model}}/{{stage}}"),), "ops"),
    Panel(
        "Items in a batch",
        ((f"{rate('omserve_batch_size_sum', by='model, stage')} / {rate('omserve_batch_size_count', by='model, stage')}", "{{model}}/{{stage}}"),),
    ),
    Panel("Items in a batch, spread", ((rate("omserve_batch_size_bucket", MODEL, "le"), "{{le}}"),), "short", "heatmap"),
    Panel(
        "Padding",
        ((f"{rate('omserve_batch_padded_items_total', by='model, stage')} / ({rate('omserve_batch_padded_items_total', by='model, stage')} + {rate('omserve_inferences_total', by='model, stage')})", "{{model}}/{{stage}}"),),
        "percentunit", text="Rows of compiled batches that carried nothing.",
    ),
    Panel("Waiting for a batch", ((f"sum by (model, stage) (omserve_queue_depth{{{MODEL}}})", "{{model}}/{{stage}}"),)),
    Panel("Uses of a stage by how they ended", ((rate("omserve_stage_calls_total", by="reason") + " > 0", "{{reason}}"),), "ops", stacked=True),
    Panel("Checks of batched answers", ((rate("omserve_shadow_checks_total", by="result"), "{{result}}"),), "ops", text="Items that ran once more alone."),
    Panel("Ready", ((f"min by (model, version) (omserve_model_ready{{{MODEL}}})", "{{model}} {{version}}"),), width=12),
    Panel("Loading took", ((f"max by (model, version) (omserve_model_load_duration_seconds{{{MODEL}}})", "{{model}} {{version}}"),), "s", width=12),
)  # fmt: skip

DEVICE = (
    Panel("Busy", ((f"rate(omserve_device_busy_seconds_total{{{POD}}}{WINDOW})", "{{instance}} device {{device}}"),), "percentunit"),
    Panel("Takes work", ((f"omserve_device_healthy{{{POD}}}", "{{instance}} device {{device}}"),)),
    Panel("Memory in use", ((f"omserve_device_memory_used_bytes{{{POD}}}", "{{instance}} device {{device}}"),), "bytes"),
    Panel("Memory, share", ((f"omserve_device_memory_used_bytes{{{POD}}} / omserve_device_memory_total_bytes{{{POD}}}", "{{instance}} device {{device}}"),), "percentunit"),
    Panel("Batches that failed", ((f"sum by (instance, device) (rate(omserve_device_errors_total{{{POD}}}{WINDOW}))", "{{instance}} device {{device}}"),), "ops"),
    Panel("Requests that ran again elsewhere", ((rate("omserve_request_restarts_total", MODEL, "model"), "{{model}}"),), "ops"),
    Panel("Attempts to bring a device back", ((f"sum by (instance, device, result) (rate(omserve_device_recoveries_total{{{POD}}}{WINDOW}))", "{{instance}} device {{device}} {{result}}"),), "ops"),
    Panel("Chip: health", ((f"npu_chip_info_health_status{{{NPU}}}", "{{instance}} chip {{id}}"),), text="npu-exporter: 1, 0 or -1 for unknown."),
    Panel("Chip: utilization", ((f"npu_chip_info_utilization{{{NPU}}} / 100", "{{instance}} chip {{id}}"),), "percentunit"),
    Panel("Chip: memory", ((f"npu_chip_info_hbm_used_memory{{{NPU}}} * 1048576", "{{instance}} chip {{id}}"),), "bytes", text="A minute old."),
    Panel("Chip: temperature", ((f"npu_chip_info_temperature{{{NPU}}}", "{{instance}} chip {{id}}"),), "celsius"),
    Panel("Chip: power", ((f"npu_chip_info_power{{{NPU}}}", "{{instance}} chip {{id}}"),), "watt"),
    Panel("Chip: double-bit errors", ((f"npu_chip_info_hbm_ecc_double_bit_error_cnt{{{NPU}}}", "{{instance}} chip {{id}}"),)),
    Panel("Host: processor", ((f"rate(process_cpu_seconds_total{{{POD}}}{WINDOW})", "{{instance}}"),), text="Cores."),
    Panel("Host: memory", ((f"process_resident_memory_bytes{{{POD}}}", "{{instance}}"),), "bytes"),
    Panel("Host: open files", ((f"process_open_fds{{{POD}}} / process_max_fds{{{POD}}}", "{{instance}}"),), "percentunit"),
)  # fmt: skip

DROPPED = "omserve_stream_frames_dropped_total"
STREAMS = (
    Panel("Open streams", ((f"sum by (instance) (omserve_streams{{{POD}}})", "{{instance}}"),), stacked=True),
    Panel("Frames by code", ((rate("omserve_requests_total", STREAM, "model, code") + " > 0", "{{model}} {{code}}"),), "ops", stacked=True),
    Panel("Frames replaced by newer ones", ((rate(DROPPED, MODEL, "model, where"), "{{model}} at {{where}}"),), "ops", stacked=True),
    Panel(
        "Share of frames replaced",
        ((f"{rate(DROPPED, MODEL, 'model')} / ({rate(DROPPED, MODEL, 'model')} + {rate('omserve_requests_total', STREAM, 'model')})", "{{model}}"),),
        "percentunit",
    ),
    Panel("Latency of a frame", quantiles(DURATION, STREAM, "model"), "s"),
    Panel("Latency of a frame, spread", ((rate(DURATION + "_bucket", STREAM, "le"), "{{le}}"),), "short", "heatmap"),
)  # fmt: skip

DASHBOARDS: dict[str, tuple[str, tuple[Panel, ...]]] = {
    "overview": ("omserve: overview", OVERVIEW),
    "pipeline": ("omserve: pipelines", PIPELINE),
    "device": ("omserve: devices", DEVICE),
    "stream": ("omserve: video streams", STREAMS),
}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def _variable(name: str, label: str, query: str) -> dict[str, Any]:
    return {
        "name": name, "label": label, "type": "query", "datasource": SOURCE, "query": {"query": query, "refId": name},
        "definition": query, "refresh": 2, "includeAll": True, "allValue": ".*", "multi": True, "sort": 1,
        "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip


def _panel(number: int, panel: Panel, x: int, y: int) -> dict[str, Any]:
    height = 4 if panel.kind == "stat" else 8
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    options: dict[str, Any] = {}
    if panel.kind == "timeseries":
        stacking = {"mode": "normal" if panel.stacked else "none"}
        defaults["custom"] = {"fillOpacity": 30 if panel.stacked else 5, "lineWidth": 1, "stacking": stacking, "showPoints": "never"}
        options = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    elif panel.kind == "stat":
        options = {"colorMode": "none", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    elif panel.kind == "heatmap":
        options = {"calculate": False, "color": {"mode": "scheme", "scheme": "Blues"}, "yAxis": {"unit": "s" if "Latency" in panel.title else "short"}}
    return {
        "id": number, "type": panel.kind, "title": panel.title, "description": panel.text, "datasource": SOURCE,
        "gridPos": {"h": height, "w": panel.width, "x": x, "y": y},
        "fieldConfig": {"defaults": defaults, "overrides": []}, "options": options,
        "targets": [
            {
                "refId": chr(ord("A") + index), "datasource": SOURCE, "expr": expression, "legendFormat": legend,
                "range": True, "format": "heatmap" if panel.kind == "heatmap" else "time_series",
            }
            for index, (expression, legend) in enumerate(panel.queries)
        ],
    }  # fmt: skip


def dashboard(name: str) -> dict[str, Any]:
    title, panels = DASHBOARDS[name]
    placed, x, y, height = [], 0, 0, 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > 24:
            x, y, height = 0, y + height, 0
        placed.append(_panel(number, panel, x, y))
        x, height = x + panel.width, max(height, placed[-1]["gridPos"]["h"])
    return {
        "uid": f"omserve-{name}", "title": title, "tags": ["omserve"], "schemaVersion": 39, "version": 1, "editable": True,
        "time": {"from": "now-1h", "to": "now"}, "refresh": "30s", "timezone": "browser", "graphTooltip": 1,
        "links": [{"type": "dashboards", "tags": ["omserve"], "title": "omserve", "asDropdown": False, "includeVars": True, "keepTime": True}],
        "templating": {
            "list": [
                {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": {}},
                _variable("instance", "Instance", 'label_values(omserve_build_info{job="omserve"}, instance)'),
                _variable("model", "Model", 'label_values(omserve_model_ready{job="omserve"}, model)'),
            ]
        },
        "annotations": {"list": []}, "panels": placed,
    }  # fmt: skip


def prometheus_rule() -> str:
    lines = RULES.read_text().splitlines()
    groups = lines[lines.index("groups:") :]
    head = [
        *lines[:2],
        "# Made by ../grafana/dashboards.py out of rules.yaml.",
        "apiVersion: monitoring.coreos.com/v1",
        "kind: PrometheusRule",
        "metadata: {name: omserve, labels: {app.kubernetes.io/name: omserve}}",
        "spec:",
    ]
    return "\n".join([*head, *(f"  {line}".rstrip() for line in groups)]) + "\n"


def files() -> dict[str, str]:
    """Everything that is made, by name."""
    out = {f"{name}.json": json.dumps(dashboard(name), indent=1) + "\n" for name in DASHBOARDS}
    return out | {"prometheusrule.yaml": prometheus_rule()}


def main() -> int:
    for name, text in files().items():
        folder = HERE if name.endswith(".json") else RULES.parent
        folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else folder
        (folder / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
