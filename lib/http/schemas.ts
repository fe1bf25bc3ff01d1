import { z } from "@hono/zod-openapi";
import { START_KEY, START_KEY_HEADER } from "../api/start_key.ts";
import { ERROR_STATUS, PROBLEM_MEDIA_TYPE } from "../api/errors.ts";

/** An error as it is answered. */
export const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(ERROR_STATUS) as [string, ...string[]]),
}).openapi("Problem");

/** The path parameter of every route on one job. */
export const JobIdParams = z.object({
  id: z.string().openapi({
    param: { name: "id", in: "path" },
    example: "01k9zq4t3v8m2c7x5n0b6d1f2g",
  }),
});

/** The headers of a start. */
export const StartHeaders = z.object({
  [START_KEY_HEADER]: z.string().regex(START_KEY, {
    error: "write 1 to 128 visible characters of ASCII, for example a UUID",
  }).optional().openapi({
    param: { name: START_KEY_HEADER, in: "header" },
    description:
      "Makes the start repeatable: a second one of the same user with the same key starts nothing and answers with the job of the first.",
  }),
});

/** `true` or `false` in a query. */
export const Flag = z.enum(["true", "false"]).transform((text) =>
  text === "true"
);

/** A count or an offset in a query. */
export const WholeNumber = z.string().regex(/^\d{1,15}$/, {
  error: (issue) => `"${issue.input}" is not a whole number`,
}).transform(Number);

/** Every route answers errors like this. */
export const errorResponses = {
  default: {
    description: "An error: `application/problem+json` with a stable `code`.",
    content: { [PROBLEM_MEDIA_TYPE]: { schema: ProblemSchema } },
  },
};

/**
 * A schema under a name of its own in the OpenAPI document. It is a copy: a schema that was made
 * before the OpenAPI package was loaded cannot describe itself.
 */
export function named<T extends z.ZodType>(name: string, schema: T): T {
  return schema.clone().openapi(name);
}

/** A body that has to be there. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true, content: { "application/json": { schema } } };
}

/** A successful answer as JSON. */
export function jsonResponse<T extends z.ZodType>(
  description: string,
  schema: T,
) {
  return { description, content: { "application/json": { schema } } };
}
