/**
 * A service as a user agent of launchd.
 *
 * @module
 */
import type { Service } from "./service.ts";

/** Its name among all. */
const LABEL = "opencode-session-archiver";
/** Where a user's agents are. */
export const LAUNCHD_FILE = `~/Library/LaunchAgents/${LABEL}.plist`;
/** Where it says what it does: nobody keeps that there otherwise. */
const LOG = "Library/Logs/opencode-session-archiver.log";

/**
 * What to do with an agent's file, a command a line.
 *
 * @param print The command that prints it.
 */
export function launchdSteps(print: string): readonly string[] {
  return [
    `mkdir -p ${LAUNCHD_FILE.slice(0, LAUNCHD_FILE.lastIndexOf("/"))}`,
    `${print} > ${LAUNCHD_FILE}`,
    `launchctl bootstrap gui/$(id -u) ${LAUNCHD_FILE}`,
  ];
}

/**
 * The file.
 *
 * @param service The service.
 * @param home Its user's folder; absolute.
 */
export function launchdPlist({ command, env }: Service, home: string): string {
  const variables = Object.entries(env).map(([name, value]) =>
    `\n    <key>${escaped(name)}</key>${text(value)}`
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>${text(LABEL)}
  <key>ProgramArguments</key>
  <array>${command.map((word) => `\n    ${text(word)}`).join("")}
  </array>
  <key>EnvironmentVariables</key>
  <dict>${variables.join("")}
  </dict>
  <key>WorkingDirectory</key>${text("/")}
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>30</integer>
  <key>ProcessType</key>${text("Background")}
  <key>StandardOutPath</key>${text(`${home}/${LOG}`)}
  <key>StandardErrorPath</key>${text(`${home}/${LOG}`)}
</dict>
</plist>
`;
}

function text(value: string): string {
  return `<string>${escaped(value)}</string>`;
}

function escaped(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
