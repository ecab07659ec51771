/** The official SDK of the revisions with sessions. VARIANT is its version. */
import { drive } from './drive.ts'
import { connectV1, lacksOfV1 } from './v1.ts'

await drive({
  connect: (way, version) => connectV1(version, way),
  lacks: (_way, _version, revision) => lacksOfV1(revision),
})
