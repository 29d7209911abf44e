/**
 * The parts that AWS consists of, none of which knows another's accounts and buckets: their regions,
 * and the domains that they answer under. Data, and what can be read off it.
 *
 * Nothing heavy may be imported here: the table of stores is made with it at every start.
 *
 * @module
 */

/** One of AWS's parts. */
export interface AwsPartition {
  /** AWS's name for it, as in ARNs. */
  readonly name: string;
  /** What the names of its regions begin with. */
  readonly regions: string;
  /** The domain of its services. */
  readonly domain: string;
}

/** The largest one, whose regions have no mark of their own. */
const COMMERCIAL: AwsPartition = { name: "aws", regions: "", domain: "amazonaws.com" };

/** All of them; the first whose mark fits is meant. */
const PARTITIONS: readonly AwsPartition[] = [
  { name: "aws-cn", regions: "cn-", domain: "amazonaws.com.cn" },
  { name: "aws-us-gov", regions: "us-gov-", domain: "amazonaws.com" },
  { name: "aws-eusc", regions: "eusc-", domain: "amazonaws.eu" },
  { name: "aws-iso", regions: "us-iso-", domain: "c2s.ic.gov" },
  { name: "aws-iso-b", regions: "us-isob-", domain: "sc2s.sgov.gov" },
  { name: "aws-iso-e", regions: "eu-isoe-", domain: "cloud.adc-e.uk" },
  { name: "aws-iso-f", regions: "us-isof-", domain: "csp.hci.ic.gov" },
  COMMERCIAL,
];

/** A name of a region of AWS, for use in patterns. */
const REGION = "[a-z]{2,4}(?:-[a-z]+)+-\\d+";
const DOMAINS = [...new Set(PARTITIONS.map(({ domain }) => domain.replaceAll(".", "\\.")))]
  .join("|");

const WHOLE_REGION = new RegExp(`^${REGION}$`);
const HOST = new RegExp(`\\.(?:${DOMAINS})$`);

/** AWS's hosts: those with a group `region` in them first. */
export const AWS_HOSTS: readonly RegExp[] = [
  new RegExp(`\\.(?<region>${REGION})\\.(?:vpce\\.)?(?:${DOMAINS})$`),
  new RegExp(`(?:^|\\.)(?:${DOMAINS})$`),
];

/** Whether a host lies in one of AWS's domains. */
export function isAwsHost(host: string): boolean {
  return HOST.test(host);
}

/** Whether a region is named as those of AWS are. */
export function isAwsRegion(region: string): boolean {
  return WHOLE_REGION.test(region);
}

/** The part of AWS that a region is in. */
export function partitionOfRegion(region: string): AwsPartition {
  return PARTITIONS.find(({ regions }) => region.startsWith(regions)) ?? COMMERCIAL;
}

/** The part of AWS that a host is in: by the region in its name, else by its domain. */
export function partitionOfHost(host: string): AwsPartition {
  const labels = host.split(".");
  const marked = PARTITIONS.find(({ regions }) =>
    regions !== "" && labels.some((label) => label.startsWith(regions))
  );
  const inDomain = PARTITIONS.find(({ name, domain }) =>
    name !== "aws-us-gov" && host.endsWith(`.${domain}`)
  );
  return marked ?? inDomain ?? COMMERCIAL;
}
