# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS build
WORKDIR /kmipd
COPY . .
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production KMIPD_DATA=/var/lib/kmipd KMIPD_HOST=0.0.0.0
RUN install -d -o node -g node -m 0700 /var/lib/kmipd
COPY --from=build /kmipd/package.json /kmipd/LICENSE /kmipd/
COPY --from=build /kmipd/node_modules /kmipd/node_modules
COPY --from=build /kmipd/dist /kmipd/dist
USER node
VOLUME /var/lib/kmipd
# HTTPS is off: `serve --https PORT` opens a port to publish besides.
EXPOSE 5696
ENTRYPOINT ["node", "/kmipd/dist/src/launcher.cjs"]
CMD ["serve"]
