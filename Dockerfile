# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# omserve on Debian 12. Two images come out of it:
#   docker build -t omserve:hostacl .                                             runs anywhere, with small models
#   docker build --target ascend -t omserve:310p \
#     --build-arg CANN_IMAGE=quay.io/ascend/cann@sha256:... .                     for one chip family
# deploy/image/build.sh builds without a Docker engine. On an arm64 host the same lines make an image for arm64.
#
# Debian's glibc 2.36 is newer than the 2.35 that CANN's Ubuntu files were built for, so they are copied in;
# Ubuntu's own gRPC would be years older.
#
# The digest is of the index of all architectures, as docker-library/repo-info has it in
# repos/debian/remote/bookworm-20260918-slim.md; take a newer one from there with the tag.
ARG BASE_IMAGE=docker.io/library/debian:bookworm-20260918-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251
# Which CANN is yours to choose, by the driver on the nodes: give it with its digest
# (skopeo inspect --format '{{.Digest}}' docker://quay.io/ascend/cann:TAG).
ARG CANN_IMAGE=quay.io/ascend/cann:9.0.0-310p-ubuntu22.04-py3.11
# 'source' compiles; 'prebuilt' takes what build/release has, made on Debian 12.
ARG PROGRAMS=source

FROM ${BASE_IMAGE} AS toolchain
WORKDIR /src
COPY deploy/bootstrap.sh deploy/*_tools.sh deploy/*.txt deploy/
# Certificates of a proxy that the build may need, as a mounted file.
ARG PIP_CERT=
RUN deploy/bootstrap.sh

FROM toolchain AS source
COPY . .
# The compiler's cache may be mounted at /ccache.
RUN export CCACHE_DIR=/ccache CCACHE_BASEDIR=/src CCACHE_NOHASHDIR=1 && \
    deploy/build.sh release omserve omserve-client omserve-doctor ascendcl atc && \
    deploy/compile_models.sh build/release build/models && \
    deploy/image/collect.sh build/release build/models /out

FROM scratch AS prebuilt
COPY build/image/out /out

FROM ${PROGRAMS} AS programs

# Debian with what the programs link to, and nothing that makes programs. Debian's OpenCV asks for libGL,
# and that for Mesa and LLVM, which nothing here ever loads: they are taken out again.
FROM ${BASE_IMAGE} AS runtime
RUN apt-get update && \
    apt-get install -y --no-install-recommends \
      libgrpc++1.51 libprotobuf32 libabsl20220623 libopencv-core406 libopencv-imgproc406 \
      libturbojpeg0 libpng16-16 libwebp7 libfreetype6 libpolyclipping22 libprometheus-cpp-pull1.0 libspdlog1.10 \
      libcivetweb1 libcurl4 && \
    dpkg --purge --force-depends $(dpkg-query -Wf '${Package}\n' | grep -xE \
      'libgl1-mesa-dri|libglx-mesa0|libllvm[0-9]+|libz3-4|libicu[0-9]+|libxml2|perl|perl-modules-.*|libperl.*|libsensors.*|libdrm.*') && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log && \
    find / -xdev -perm /6000 -type f -exec chmod a-s {} + && \
    groupadd --gid 1000 omserve && \
    useradd --uid 1000 --gid 1000 --no-create-home --home-dir /var/run/omserve --shell /usr/sbin/nologin omserve && \
    install -d -o 1000 -g 1000 /run/omserve

FROM ${BASE_IMAGE} AS sbom
RUN apt-get update && apt-get install -y --no-install-recommends python3
COPY --from=runtime /var/lib/dpkg/status /sbom/status
COPY --from=programs /out/linked_status /sbom/linked_status
COPY deploy/image/sbom.py deploy/openvino.txt /sbom/
RUN python3 /sbom/sbom.py /sbom/status /sbom/linked_status /sbom/openvino.txt >/sbom/omserve.cdx.json

# What both images share. The root may be read-only: /run/omserve and /tmp are all that is written.
FROM runtime AS server
COPY --from=programs /out/bin /opt/omserve/bin
RUN ! ldd /opt/omserve/bin/* | grep 'not found'
COPY --from=programs /out/server.pbtxt /etc/omserve/server.pbtxt
COPY --from=sbom /sbom/omserve.cdx.json /usr/share/omserve/sbom.cdx.json
COPY LICENSE /usr/share/omserve/LICENSE
# malloc keeps 7 pieces of a size for each thread; a burst of requests has use for more (docs/kserve.md).
ENV PATH=/opt/omserve/bin:/usr/local/bin:/usr/bin:/bin OMSERVE_SERVER=127.0.0.1:8500 \
    GLIBC_TUNABLES=glibc.malloc.tcache_count=64
WORKDIR /run/omserve
EXPOSE 8500 8502 8503
USER 1000:1000
# Kubernetes asks the health port itself; this is for plain engines (docker format only).
HEALTHCHECK --interval=10s --timeout=5s --start-period=600s --retries=3 CMD ["/opt/omserve/bin/omserve-client", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/omserve/bin/omserve"]
CMD ["--config=/etc/omserve/server.pbtxt"]
LABEL org.opencontainers.image.title=omserve \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.description="Inference server for Ascend NPUs over gRPC"

FROM ${CANN_IMAGE} AS cann

# For a card: CANN's runtime and operators of the chip family; the driver comes in from the node.
FROM server AS ascend
COPY deploy/image/ascend.pbtxt /etc/omserve/server.pbtxt
ENV ASCEND_TOOLKIT_HOME=/usr/local/Ascend/ascend-toolkit/latest \
    ASCEND_OPP_PATH=/usr/local/Ascend/ascend-toolkit/latest/opp \
    ASCEND_AICPU_PATH=/usr/local/Ascend/ascend-toolkit/latest \
    LD_LIBRARY_PATH=/usr/local/Ascend/ascend-toolkit/latest/lib64:/usr/local/Ascend/ascend-toolkit/latest/lib64/plugin/opskernel:/usr/local/Ascend/ascend-toolkit/latest/lib64/plugin/nnengine:/usr/local/Ascend/driver/lib64/driver:/usr/local/Ascend/driver/lib64/common:/usr/local/Ascend/driver/lib64 \
    ASCEND_WORK_PATH=/run/omserve ASCEND_PROCESS_LOG_PATH=/run/omserve/log
COPY --from=cann /usr/local/Ascend /usr/local/Ascend
USER root
RUN mkdir /models
USER 1000:1000

# Without a card: hostacl and the shipped models. The default.
FROM server AS hostacl
ENV LD_LIBRARY_PATH=/opt/omserve/lib HOSTACL_DEVICES=1
COPY --from=programs /out/lib /opt/omserve/lib
RUN ! ldd /opt/omserve/lib/*.so* | grep 'not found'
COPY --from=programs /out/models /models
COPY deploy/image/measure_gears.sh /tmp/
USER root
# no: every start of a container measures them.
ARG MEASURE=yes
RUN if [ "$MEASURE" = yes ]; then /tmp/measure_gears.sh /var/cache/omserve; fi && rm /tmp/measure_gears.sh
USER 1000:1000
