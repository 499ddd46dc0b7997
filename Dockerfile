# The image of Laufzettel: web, worker and migrate are commands of it (docker-compose.yml).
# The packages are checked by their hashes.

# What the pages link: npm's lock file has the hashes, and nothing of it runs by itself
FROM node:24-slim AS frontend
WORKDIR /build
COPY web web
RUN cd web/frontend \
    && npm ci --ignore-scripts --no-audit --no-fund \
    && node build.mjs

FROM python:3.11-slim AS packages
RUN python -m venv /opt/venv
COPY requirements/runtime.lock /tmp/runtime.lock
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: \
        -r /tmp/runtime.lock

FROM python:3.11-slim
# What weasyprint opens when it makes a PDF
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/laufzettel --create-home laufzettel
COPY --from=packages /opt/venv /opt/venv

WORKDIR /opt/laufzettel
COPY src src
COPY engine engine
COPY handlers handlers
COPY web web
COPY --from=frontend /build/web/static/dist web/static/dist
COPY connectors connectors
COPY bpmn bpmn
COPY LICENSE LICENSE
# Importable from anywhere, and a command on PATH
RUN echo /opt/laufzettel/src > "$(/opt/venv/bin/python -c \
        "import sysconfig; print(sysconfig.get_path('purelib'))")/laufzettel.pth" \
    && printf '#!/bin/sh\nexec /opt/venv/bin/python -m laufzettel "$@"\n' \
        > /usr/local/bin/laufzettel \
    && chmod 755 /usr/local/bin/laufzettel \
    && /opt/venv/bin/python -m compileall -q src engine handlers web connectors bpmn

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LAUFZETTEL_DATA=/var/lib/laufzettel \
    LAUFZETTEL_RULES_DIR=/opt/laufzettel/rules
# The validation rules belong to the image: a container needs no network to check an invoice,
# and cannot change what it checks by.
RUN laufzettel rules install
USER laufzettel
EXPOSE 8080
CMD ["laufzettel", "web"]
