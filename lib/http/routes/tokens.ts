import { createRoute, z } from "@hono/zod-openapi";
import type {
  CaAnswer,
  CreatedToken,
  Token,
  TokenRequest,
} from "../../api/cluster.ts";
import {
  CreatedTokenSchema,
  TokenRequestSchema,
  TokenSchema,
} from "../../api/cluster_schema.ts";
import { authorizeInPerson } from "../authorize.ts";
import { audited } from "../audited.ts";
import type { App } from "../env.ts";
import { errorResponses, jsonBody, jsonResponse, named } from "../schemas.ts";

/** What {@linkcode tokenRoutes} needs. */
export interface TokenServices {
  tokens: {
    create(
      request: TokenRequest,
      by: { createdBy: string },
    ): Promise<Omit<CreatedToken, "caPins">>;
    list(): Promise<Token[]>;
    remove(id: string): Promise<void>;
  };
  authority: { ca(): Promise<CaAnswer> };
}

const create = createRoute({
  method: "post",
  path: "/v1/tokens",
  middleware: audited("token.create"),
  summary: "Make a token by which hosts join the cluster",
  request: { body: jsonBody(named("TokenRequest", TokenRequestSchema)) },
  responses: {
    201: jsonResponse(
      "The token, told this once.",
      named("CreatedToken", CreatedTokenSchema),
    ),
    ...errorResponses,
  },
});

const list = createRoute({
  method: "get",
  path: "/v1/tokens",
  summary: "Tokens, also those that are used or over since less than a day",
  responses: {
    200: jsonResponse(
      "The tokens, the oldest first.",
      z.array(named("Token", TokenSchema)),
    ),
    ...errorResponses,
  },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/tokens/{id}",
  middleware: audited("token.remove"),
  summary: "End a token; who joined with it stays",
  request: {
    params: z.object({
      id: z.string().openapi({
        param: { name: "id", in: "path" },
        example: "k3v8m2c7",
      }),
    }),
  },
  responses: { 204: { description: "It is gone." }, ...errorResponses },
});

/** Tokens, for administrators. */
export function tokenRoutes(
  app: App,
  { tokens, authority }: TokenServices,
): void {
  app.openapi(create, async (c) => {
    authorizeInPerson(c, "create", "token");
    const request = c.req.valid("json");
    const { caPins } = await authority.ca();
    const { name: createdBy } = c.var.identity;
    const created = await tokens.create(request, { createdBy });
    c.var.audit.note({
      detail: {
        token: created.id,
        roles: created.roles.join(),
        uses: created.uses,
        expiresAt: created.expiresAt,
      },
    });
    c.header("cache-control", "no-store");
    return c.json({ ...created, caPins }, 201);
  });

  app.openapi(list, async (c) => {
    authorizeInPerson(c, "read", "token");
    return c.json(await tokens.list(), 200);
  });

  app.openapi(remove, async (c) => {
    authorizeInPerson(c, "remove", "token");
    const { id } = c.req.valid("param");
    c.var.audit.note({ detail: { token: id } });
    await tokens.remove(id);
    return c.body(null, 204);
  });
}
