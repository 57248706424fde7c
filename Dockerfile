# The images of MCP Mesh: `xds-server` and `stdio-bridge`, and `demo-server`, the MCP server that docker-compose.yaml shows them with.
#   docker build --target xds-server -t mcp-mesh/xds-server:0.1.0 .
#   docker build --target stdio-bridge -t mcp-mesh/stdio-bridge:0.1.0 .

ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# What both programs need at run time, and nothing else of npm.
FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# Maps and type declarations are for who develops; no program reads them.
RUN npm ci --omit=dev --no-audit --no-fund \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY protos protos
COPY envoy envoy
COPY xds-server xds-server
COPY stdio-bridge stdio-bridge
RUN npm run build \
 && find dist -name '*.map' -delete && rm -f dist/.tsbuildinfo

# tini is the first process: it passes signals on, and buries what others have left.
FROM ${NODE_IMAGE} AS base
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf /var/log/dpkg.log /var/log/apt
ENV NODE_ENV=production

FROM base AS runtime
WORKDIR /app
COPY package.json registry.schema.json ./
COPY --from=modules /app/node_modules node_modules
COPY protos protos
COPY --from=build /app/dist/protos dist/protos

FROM runtime AS xds-server
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="mcp-mesh xds-server" \
      org.opencontainers.image.description="The control plane of MCP Mesh: tells Envoy and the stdio bridges where each MCP server is" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/node:24.21.0-bookworm-slim"
COPY --from=build /app/dist/envoy dist/envoy
COPY --from=build /app/dist/xds-server dist/xds-server
# It starts no other program, so npm goes. The folder that a volume is mounted on belongs to the user who writes there.
RUN rm -rf /usr/local/lib/node_modules/npm /usr/local/bin/npm /usr/local/bin/npx \
 && printf '#!/bin/sh\nexec node /app/dist/xds-server/cli/mcp-mesh.js "$@"\n' > /usr/local/bin/mcp-mesh \
 && chmod 755 /usr/local/bin/mcp-mesh \
 && install -d -o node -g node /var/lib/mcp-mesh \
 && install -d /etc/mcp-mesh/registry
ENV MCP_MESH_REGISTRY=/etc/mcp-mesh/registry
USER 1000:1000
EXPOSE 18000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8001/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/app/dist/xds-server/main.js"]

# Python with pip, uv and uvx beside Node with npm and npx: stdio servers are mostly written for one of them.
FROM runtime AS stdio-bridge
ARG VERSION=0.1.0
ARG UV_VERSION=0.13.9
LABEL org.opencontainers.image.title="mcp-mesh stdio-bridge" \
      org.opencontainers.image.description="Runs stdio MCP servers, from npm and PyPI too, and gives them an HTTP face" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/node:24.21.0-bookworm-slim"
# Where npm is told of an authority of its own (a company's proxy, say), pip trusts it too.
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf /var/log/dpkg.log /var/log/apt \
 && python3 -m venv /opt/python \
 && authority="$(npm config get cafile)" \
 && if [ -f "$authority" ]; then export PIP_CERT="$authority"; fi \
 && /opt/python/bin/pip install --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}" \
 && install -d -o node -g node /data /var/cache/mcp-mesh /etc/mcp-mesh/registry
COPY stdio-bridge/process/guard.sh stdio-bridge/process/
COPY --from=build /app/dist/stdio-bridge dist/stdio-bridge
# What npx and uvx fetch lies in one folder: a volume there keeps it over restarts, and the rest can be read-only.
ENV PATH=/opt/python/bin:$PATH \
    HOME=/var/cache/mcp-mesh/home \
    npm_config_cache=/var/cache/mcp-mesh/npm \
    npm_config_update_notifier=false \
    UV_CACHE_DIR=/var/cache/mcp-mesh/uv \
    UV_TOOL_DIR=/var/cache/mcp-mesh/uv-tools \
    UV_PYTHON_DOWNLOADS=never \
    PIP_CACHE_DIR=/var/cache/mcp-mesh/pip \
    MCP_MESH_BRIDGE_HOST=0.0.0.0 \
    MCP_MESH_BRIDGE_PORT=8080 \
    MCP_MESH_BRIDGE_ADMIN_PORT=8081
USER 1000:1000
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=300s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8081/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/app/dist/stdio-bridge/main.js"]

# The MCP reference server in the version that package-lock.json has, with what it needs.
FROM ${NODE_IMAGE} AS demo-modules
WORKDIR /demo
COPY package.json package-lock.json ./
RUN wanted="$(node -p 'require("./package.json").devDependencies["@modelcontextprotocol/server-everything"]')" \
 && npm pkg delete dependencies devDependencies \
 && npm pkg set "dependencies[@modelcontextprotocol/server-everything]=$wanted" \
 && npm install --omit=dev --no-audit --no-fund --ignore-scripts

FROM base AS demo-server
LABEL org.opencontainers.image.title="mcp-mesh demo-server" \
      org.opencontainers.image.description="The MCP reference server over HTTP, as a demo for MCP Mesh; not for the public" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /demo
COPY --from=demo-modules /demo/node_modules node_modules
COPY envoy/compose/demo-server.mjs ./
ENV PORT=3001
USER 1000:1000
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3001/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--import", "/demo/demo-server.mjs", "/demo/node_modules/@modelcontextprotocol/server-everything/dist/index.js", "streamableHttp"]
