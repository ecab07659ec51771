CREATE TABLE "mcp"."grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"realm" text NOT NULL,
	"username" text NOT NULL,
	"sealed" text NOT NULL,
	"client_id" text NOT NULL,
	"redirect_uri" text NOT NULL,
	"challenge" text NOT NULL,
	"code_hash" text NOT NULL,
	"code_expires_at" timestamp with time zone NOT NULL,
	"code_used_at" timestamp with time zone,
	"access_hash" text,
	"access_expires_at" timestamp with time zone,
	"refresh_hash" text,
	"refresh_expires_at" timestamp with time zone NOT NULL,
	"spent" text[] DEFAULT '{}' NOT NULL,
	"rotated_at" timestamp with time zone,
	"pair" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "grants_code_hash_unique" UNIQUE("code_hash"),
	CONSTRAINT "grants_access_hash_unique" UNIQUE("access_hash"),
	CONSTRAINT "grants_refresh_hash_unique" UNIQUE("refresh_hash")
);
--> statement-breakpoint
CREATE INDEX "grants_spent" ON "mcp"."grants" USING gin ("spent");