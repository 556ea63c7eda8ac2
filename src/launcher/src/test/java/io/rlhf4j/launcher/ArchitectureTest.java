package io.rlhf4j.launcher;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rules between packages that Maven's modules cannot hold. */
@AnalyzeClasses(packages = "io.rlhf4j", importOptions = {ImportOption.DoNotIncludeTests.class,
    ArchitectureTest.NoTestFixtures.class})
class ArchitectureTest {

  /** The core's test fixtures come as a jar, which ArchUnit does not know as tests. */
  static final class NoTestFixtures implements ImportOption {

    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  @ArchTest
  static final ArchRule AKKA_STAYS_IN_CLUSTER = noClasses().that().resideOutsideOfPackage("..cluster..").should()
      .dependOnClassesThat().resideInAnyPackage("akka..", "com.typesafe..", "scala..");

  @ArchTest
  static final ArchRule GRPC_STAYS_IN_RPC = noClasses().that().resideOutsideOfPackages("..rpc..", "io.rlhf4j.proto..")
      .should().dependOnClassesThat().resideInAnyPackage("io.grpc..", "io.rlhf4j.proto..", "com.google.protobuf..");

  @ArchTest
  static final ArchRule PICOCLI_STAYS_IN_THE_LAUNCHER = noClasses().that()
      .resideOutsideOfPackage("io.rlhf4j.launcher..").should().dependOnClassesThat().resideInAPackage("picocli..");

  @ArchTest
  static final ArchRule ENGINE_STAYS_IN_TENSOR = noClasses().that()
      .resideOutsideOfPackages("io.rlhf4j.tensor..", "ai.djl..").should().dependOnClassesThat()
      .resideInAnyPackage("ai.djl.ndarray..", "ai.djl.engine..", "ai.djl.pytorch..", "ai.djl.nn..");

  @ArchTest
  static final ArchRule TOKENIZERS_STAY_IN_TEXT = noClasses().that().resideOutsideOfPackage("io.rlhf4j.text..").should()
      .dependOnClassesThat().resideInAPackage("ai.djl.huggingface..");

  @ArchTest
  static final ArchRule PURE_FUNCTIONS_KNOW_NOBODY = noClasses().that().resideInAPackage("io.rlhf4j.rl..").should()
      .dependOnClassesThat().resideInAnyPackage("io.rlhf4j.rpc..", "io.rlhf4j.cluster..", "io.rlhf4j.tensor..");

  @ArchTest
  static final ArchRule THE_ITERATION_IS_PURE = noClasses().that().haveFullyQualifiedName(
      "io.rlhf4j.launcher.ppo.Iteration").should().dependOnClassesThat()
      .resideInAnyPackage("java.time..", "java.util.concurrent..", "io.rlhf4j.cluster..");

  @ArchTest
  static final ArchRule ROLES_DO_NOT_KNOW_EACH_OTHER = slices()
      .matching("io.rlhf4j.(actor|critic|reward|reference)..").should().notDependOnEachOther();

  @ArchTest
  static void akkaAsksForNoKey(JavaClasses ours) {
    assertThat(ours).isNotEmpty();
    assertThat(ArchitectureTest.class.getResource("/akka/actor/dungeon/LicenseKeySupplier.class")).isNull();
    assertThat(ArchitectureTest.class.getResource("/akka/actor/ActorCell.class")).isNotNull();
  }
}
