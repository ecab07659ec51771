CREATE TABLE "mcp"."registrations" (
	"server_key" text PRIMARY KEY NOT NULL,
	"server_id" text NOT NULL,
	"copy_number" integer NOT NULL,
	"server_url" text NOT NULL,
	"server_name" text NOT NULL,
	"description" text NOT NULL,
	"version" text,
	"uuid" text,
	"capabilities" jsonb NOT NULL,
	"metadata" jsonb NOT NULL,
	"registered_by" text NOT NULL,
	"beats" boolean DEFAULT false NOT NULL,
	"registered_at" timestamp with time zone DEFAULT now() NOT NULL,
	"renewed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "registrations_copy" ON "mcp"."registrations" USING btree ("server_id","copy_number");--> statement-breakpoint
CREATE UNIQUE INDEX "registrations_url" ON "mcp"."registrations" USING btree ("server_id","server_url");