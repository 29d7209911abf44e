/**
 * A service as a user unit of systemd.
 *
 * @module
 */
import type { Service } from "./service.ts";

/** Where a user's units are. */
export const SYSTEMD_FILE = "~/.config/systemd/user/session-archiver.service";

/** Where keys of stores may stand, as NAME=value. */
export const SYSTEMD_VARIABLES = "~/.config/opencode/opencode-session-archiver.env";

/**
 * What to do with a unit, a command a line.
 *
 * @param print The command that prints it.
 */
export function systemdSteps(print: string): readonly string[] {
  return [
    `mkdir -p ${SYSTEMD_FILE.slice(0, SYSTEMD_FILE.lastIndexOf("/"))}`,
    `${print} > ${SYSTEMD_FILE}`,
    "systemctl --user daemon-reload",
    "systemctl --user enable --now session-archiver",
    "loginctl enable-linger   # to have it run also while you are not logged in",
  ];
}

/**
 * The unit.
 *
 * @param service The service.
 */
export function systemdUnit({ command, env }: Service): string {
  const variables = Object.entries(env).map(([name, value]) =>
    `Environment=${inQuotes(`${name}=${value}`)}\n`
  );
  return `[Unit]
Description=Archives AI coding sessions
StartLimitIntervalSec=0

[Service]
ExecStart=${command.map((word) => inQuotes(word).replaceAll("$", "$$$$")).join(" ")}
WorkingDirectory=/
${variables.join("")}# Keys of stores, as NAME=value, in a file that only you can read
EnvironmentFile=-${SYSTEMD_VARIABLES.replace("~", "%h")}
Restart=on-failure
RestartSec=30
Nice=5
IOSchedulingClass=idle

[Install]
WantedBy=default.target
`;
}

/** Percent signs stand for something there, also in quotes. */
function inQuotes(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")
    .replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `"${escaped}"`;
}
