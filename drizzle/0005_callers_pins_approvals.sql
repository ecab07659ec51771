CREATE TABLE "mcp"."approvals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"caller_id" text NOT NULL,
	"caller_name" text NOT NULL,
	"tool_name" text NOT NULL,
	"owner" text NOT NULL,
	"arguments" jsonb NOT NULL,
	"hash" text NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"decided_at" timestamp with time zone,
	"decided_by" text,
	"reason" text,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "mcp"."pins" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"upstream" text NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"hash" text NOT NULL,
	"form" json NOT NULL,
	"approved_at" timestamp with time zone DEFAULT now() NOT NULL,
	"approved_by" text NOT NULL,
	"pending_hash" text,
	"pending_form" json,
	"changed_at" timestamp with time zone,
	"warnings" jsonb DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
ALTER TABLE "mcp"."api_keys" ADD COLUMN "allowed_tools" text[];--> statement-breakpoint
ALTER TABLE "mcp"."api_keys" ADD COLUMN "rate_limit" integer;--> statement-breakpoint
ALTER TABLE "mcp"."grants" ADD COLUMN "user_id" uuid;--> statement-breakpoint
ALTER TABLE "mcp"."grants" ADD COLUMN "scopes" text[] DEFAULT '{read,call}' NOT NULL;--> statement-breakpoint
ALTER TABLE "mcp"."grants" ADD COLUMN "client_name" text;--> statement-breakpoint
ALTER TABLE "admin"."users" ADD COLUMN "subject" text;--> statement-breakpoint
ALTER TABLE "admin"."users" ADD COLUMN "last_sign_in_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "approvals_status" ON "mcp"."approvals" USING btree ("status","created_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "approvals_hash" ON "mcp"."approvals" USING btree ("caller_id","hash");--> statement-breakpoint
CREATE UNIQUE INDEX "pins_name" ON "mcp"."pins" USING btree ("upstream","kind","name");--> statement-breakpoint
ALTER TABLE "mcp"."grants" ADD CONSTRAINT "grants_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "admin"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "grants_user_id" ON "mcp"."grants" USING btree ("user_id");--> statement-breakpoint
ALTER TABLE "admin"."users" ADD CONSTRAINT "users_subject_unique" UNIQUE("subject");