/** Access to DJL's package-private native library; see {@link ai.djl.pytorch.jni.NativeBridge}. */
@NullMarked
package ai.djl.pytorch.jni;

import org.jspecify.annotations.NullMarked;
