CREATE SCHEMA "admin";
--> statement-breakpoint
CREATE SCHEMA "agents";
--> statement-breakpoint
CREATE SCHEMA "analytics";
--> statement-breakpoint
CREATE SCHEMA "mcp";
--> statement-breakpoint
CREATE TABLE "mcp"."api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"name" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used" timestamp with time zone,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "admin"."audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "admin"."audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"target" text,
	"details" jsonb,
	"address" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mcp"."processes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"pid" integer NOT NULL,
	"start_time" text NOT NULL,
	"host" text NOT NULL,
	"owner_pid" integer NOT NULL,
	"owner_start_time" text NOT NULL,
	"upstream" text NOT NULL,
	"command" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "admin"."sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"csrf_token" text NOT NULL,
	"address" text,
	"user_agent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mcp"."tool_executions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"tool_name" text NOT NULL,
	"owner" text NOT NULL,
	"caller_id" text NOT NULL,
	"caller_name" text NOT NULL,
	"via" text NOT NULL,
	"session" text,
	"agent_id" uuid,
	"task_id" uuid,
	"parameters" jsonb,
	"result" jsonb,
	"error" text,
	"error_code" text,
	"status" text NOT NULL,
	"audit" text NOT NULL,
	"execution_time_ms" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mcp"."upstream_lists" (
	"upstream" text NOT NULL,
	"list" text NOT NULL,
	"entries" json NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "upstream_lists_upstream_list_pk" PRIMARY KEY("upstream","list")
);
--> statement-breakpoint
CREATE TABLE "mcp"."upstreams" (
	"name" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"about" json,
	"last_connected_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "admin"."users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"password_hash" text,
	"is_active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_name_unique" UNIQUE("name")
);
--> statement-breakpoint
ALTER TABLE "admin"."sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "admin"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mcp"."upstream_lists" ADD CONSTRAINT "upstream_lists_upstream_upstreams_name_fk" FOREIGN KEY ("upstream") REFERENCES "mcp"."upstreams"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_name" ON "mcp"."api_keys" USING btree ("name") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "audit_log_created_at" ON "admin"."audit_log" USING btree ("created_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "sessions_user_id" ON "admin"."sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "tool_executions_created_at" ON "mcp"."tool_executions" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tool_executions_tool_name" ON "mcp"."tool_executions" USING btree ("tool_name","created_at" DESC NULLS FIRST);