CREATE TABLE "mcp"."upstream_secrets" (
	"upstream" text NOT NULL,
	"name" text NOT NULL,
	"sealed" text NOT NULL,
	"version" uuid NOT NULL,
	"busy_until" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "upstream_secrets_upstream_name_pk" PRIMARY KEY("upstream","name")
);
