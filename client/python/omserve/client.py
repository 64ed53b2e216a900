# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A synchronous client of an omserve."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Optional

import grpc

from omserve import access, answers, errors
from omserve.pictures import Picture, to_wire
from omserve.v1 import vision_pb2 as pb
from omserve.v1 import vision_pb2_grpc

DEFAULT_SERVER = "127.0.0.1:8500"
PRIORITIES = ("interactive", "batch")
MAX_MESSAGE = 256 << 20  # bytes of one message, either way

_DEDUP = {"none": pb.DEDUP_POLICY_NONE, "keep_top1_per_label": pb.DEDUP_POLICY_KEEP_TOP1_PER_LABEL}
_MASKS = {
    "none": pb.MASK_FORM_NONE,
    "rle": pb.MASK_FORM_RLE,
    "png": pb.MASK_FORM_PNG,
    "polygon": pb.MASK_FORM_POLYGON,
}
_FEATURES = {
    "cls": pb.FEATURE_CLS,
    "mean": pb.FEATURE_MEAN,
    "cls_mean": pb.FEATURE_CLS_MEAN,
    "all_tokens": pb.FEATURE_ALL_TOKENS,
}
_REGIONS = {
    "quad": pb.TEXT_REGION_QUAD,
    "polygon": pb.TEXT_REGION_POLYGON,
    "box": pb.TEXT_REGION_BOX,
}


class Client:
    """A channel to one omserve; thread-safe. Use it as a context manager, or close() it.

    server: host:port; OMSERVE_SERVER or 127.0.0.1:8500 if absent. tls_ca: PEM file of who signs the
    server's certificate, or "system"; plain text if absent. tls_cert and tls_key: PEM files of the
    client's own certificate. tls_name: in the server's certificate, if not the host. token_file: a
    file with the bearer token to send. deadline: seconds that
    a call may take, from its start. budget: seconds after which an answer is of no use any more,
    which the server may know when it plans. priority: interactive or batch. order: of the channels
    of numpy pictures, rgb, or bgr as OpenCV has them. Each call may set its own of deadline, budget,
    priority and order. What fails raises an OmserveError, or a PictureError before anything is sent.
    """

    def __init__(
        self,
        server: Optional[str] = None,
        *,
        deadline: float = 60.0,
        budget: Optional[float] = None,
        priority: Optional[str] = None,
        order: str = "rgb",
        tls_ca: Optional[str] = None,
        tls_cert: Optional[str] = None,
        tls_key: Optional[str] = None,
        tls_name: Optional[str] = None,
        token_file: Optional[str] = None,
    ):
        self.server = server or os.environ.get("OMSERVE_SERVER") or DEFAULT_SERVER
        self._defaults = {"deadline": deadline, "budget": budget, "priority": priority}
        self._order = order
        _metadata(budget, priority)  # a mistake shows here, not at the first call
        _check_deadline(deadline)
        self._access = access.Access(tls_ca, tls_cert, tls_key, tls_name, token_file)
        self._channel = self._access.channel(
            self.server,
            [
                ("grpc.max_send_message_length", MAX_MESSAGE),
                ("grpc.max_receive_message_length", MAX_MESSAGE),
            ],
        )
        self._stub = vision_pb2_grpc.VisionStub(self._channel)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends calls in flight; the client is of no use afterwards."""
        self._channel.close()

    def detect(
        self,
        picture: Picture,
        *,
        model: str = "",
        score_threshold: Optional[float] = None,
        max_detections: Optional[int] = None,
        dedup: Optional[str] = None,
        masks: Optional[str] = None,
        request_id: str = "",
        order: Optional[str] = None,
        **call: Any,
    ) -> answers.DetectAnswer:
        """Finds objects. masks: none, rle, png or polygon; dedup: none or keep_top1_per_label.

        None is the model's default. 'call' may have deadline, budget and priority.
        """
        request = pb.DetectRequest(
            model=model,
            image=to_wire(picture, order or self._order),
            score_threshold=score_threshold,
            max_detections=max_detections,
            dedup=_choice("dedup", dedup, _DEDUP),
            mask_form=_choice("masks", masks, _MASKS),
            request_id=request_id,
        )
        return answers.detect(self._call(self._stub.Detect, request, call))

    def embed(
        self,
        picture: Picture,
        *,
        model: str = "",
        feature: str = "cls",
        top_k: int = 0,
        request_id: str = "",
        order: Optional[str] = None,
        **call: Any,
    ) -> answers.EmbedAnswer:
        """Features (cls, mean, cls_mean or all_tokens) and the best 'top_k' classes."""
        request = pb.EmbedRequest(
            model=model,
            image=to_wire(picture, order or self._order),
            feature=_choice("feature", feature, _FEATURES),
            top_k=top_k,
            request_id=request_id,
        )
        return answers.embed(self._call(self._stub.Embed, request, call))

    def read_text(
        self,
        picture: Picture,
        *,
        detect_only: bool = False,
        region: Optional[str] = None,
        box_score_min: Optional[float] = None,
        unclip_ratio: Optional[float] = None,
        max_lines: Optional[int] = None,
        order: Optional[str] = None,
        **options: Any,
    ) -> answers.ReadTextAnswer:
        """Finds and reads the text of a page or photo; no text is an empty answer, not an error.

        region: quad, polygon or box. 'options' may have what read_lines() takes.
        """
        request = self._read_request(options)
        request.image.CopyFrom(to_wire(picture, order or self._order))
        request.task = pb.READ_TASK_DETECT if detect_only else pb.READ_TASK_DETECT_AND_RECOGNISE
        request.region = _choice("region", region, _REGIONS)
        _set(request, box_score_min=box_score_min, unclip_ratio=unclip_ratio, max_lines=max_lines)
        return answers.read_text(self._call(self._stub.ReadText, request, options))

    def read_lines(
        self, lines: Sequence[Picture], *, order: Optional[str] = None, **options: Any
    ) -> answers.ReadTextAnswer:
        """Reads lines that are cut out already, 1 to 1000; the answer has one line each, in order.

        'options': model, min_score, orientation (turn lines that stand on their head), characters,
        words, request_id, and deadline, budget and priority.
        """
        if isinstance(lines, (str, bytes)) or not len(lines):
            raise errors.PictureError("lines: give a sequence of at least one picture")
        request = self._read_request(options)
        request.lines.extend(to_wire(line, order or self._order) for line in lines)
        request.task = pb.READ_TASK_RECOGNISE
        return answers.read_text(self._call(self._stub.ReadText, request, options))

    def list_models(self, **call: Any) -> list[answers.ModelInfo]:
        """What is served."""
        return answers.models(self._call(self._stub.ListModels, pb.ListModelsRequest(), call))

    @staticmethod
    def _read_request(options: dict[str, Any]) -> pb.ReadTextRequest:
        """The request with what both ways of reading share; takes it out of 'options'."""
        request = pb.ReadTextRequest(
            model=options.pop("model", ""),
            characters=options.pop("characters", False),
            words=options.pop("words", False),
            request_id=options.pop("request_id", ""),
        )
        _set(
            request,
            min_score=options.pop("min_score", None),
            orientation=options.pop("orientation", None),
        )
        return request

    def _call(self, method: Callable[..., Any], request: Any, call: dict[str, Any]) -> Any:
        unknown = sorted(set(call) - set(self._defaults))
        if unknown:
            raise TypeError(f"unknown option {unknown[0]!r}; a call takes {sorted(self._defaults)}")
        values = {**self._defaults, **call}
        _check_deadline(values["deadline"])
        metadata = _metadata(values["budget"], values["priority"]) + self._access.metadata()
        try:
            return method(request, timeout=values["deadline"], metadata=metadata)
        except grpc.RpcError as error:
            raise errors.from_rpc(error, self.server) from None


def _check_deadline(deadline: float) -> None:
    if not deadline > 0:
        raise ValueError(f"deadline is {deadline}; give seconds above 0")


def _metadata(budget: Optional[float], priority: Optional[str]) -> list[tuple[str, str]]:
    metadata = []
    if budget is not None:
        if not budget > 0:
            raise ValueError(f"budget is {budget}; give seconds above 0")
        metadata.append(("omserve-budget-ms", str(round(budget * 1e3, 3))))
    if priority is not None:
        if priority not in PRIORITIES:
            raise ValueError(f"priority is {priority!r}; give one of {', '.join(PRIORITIES)}")
        metadata.append(("omserve-priority", priority))
    return metadata


def _choice(name: str, value: Optional[str], values: dict[str, int]) -> int:
    if value is None:
        return 0
    if value not in values:
        raise ValueError(f"{name} is {value!r}; give one of {', '.join(values)}")
    return values[value]


def _set(message: Any, **fields: Any) -> None:
    for name, value in fields.items():
        if value is not None:
            setattr(message, name, value)
