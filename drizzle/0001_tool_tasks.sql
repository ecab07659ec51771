CREATE TABLE "mcp"."tool_tasks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"caller_id" text NOT NULL,
	"tool_name" text NOT NULL,
	"status" text NOT NULL,
	"status_message" text,
	"questions" text,
	"replies" jsonb,
	"result" text,
	"is_error" boolean DEFAULT false NOT NULL,
	"error" text,
	"runner" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ttl" integer NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"alive_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "tool_tasks_caller_id" ON "mcp"."tool_tasks" USING btree ("caller_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tool_tasks_expires_at" ON "mcp"."tool_tasks" USING btree ("expires_at");