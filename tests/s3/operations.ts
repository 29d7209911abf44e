/**
 * Which function does which operation.
 *
 * @module
 */
import {
  bucketLocation,
  bucketVersioning,
  callerIdentity,
  createBucket,
  deleteBucket,
  headBucket,
  listBuckets,
} from "./buckets.ts";
import type { Call } from "./call.ts";
import { refusal } from "./errors.ts";
import { listObjects, listObjectsV2 } from "./listing.ts";
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
  uploadPartCopy,
} from "./multipart.ts";
import {
  copyObject,
  deleteObject,
  deleteObjects,
  deleteTagging,
  getObject,
  getTagging,
  putObject,
  putTagging,
} from "./objects.ts";
import type { Reply } from "./reply.ts";
import type { Operation } from "./request.ts";

/** All of them run without a pause, which makes each one atomic. */
export const OPERATIONS: Readonly<Record<Operation, (call: Call) => Reply>> = {
  AbortMultipartUpload: abortUpload,
  CompleteMultipartUpload: completeUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createUpload,
  DeleteBucket: deleteBucket,
  DeleteObject: deleteObject,
  DeleteObjectTagging: deleteTagging,
  DeleteObjects: deleteObjects,
  GetBucketLocation: bucketLocation,
  GetBucketVersioning: bucketVersioning,
  GetCallerIdentity: callerIdentity,
  GetObject: getObject,
  GetObjectTagging: getTagging,
  HeadBucket: headBucket,
  HeadObject: getObject,
  ListBuckets: listBuckets,
  ListMultipartUploads: listUploads,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListParts: listParts,
  PutObject: putObject,
  PutObjectTagging: putTagging,
  Unsupported: () => {
    throw refusal("NotImplemented", { message: "This server has no such operation." });
  },
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
};
