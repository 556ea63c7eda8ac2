package io.rlhf4j.launcher;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.Method;
import com.sun.jdi.ReferenceType;
import com.sun.jdi.VMDisconnectedException;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.ClassPrepareEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.request.BreakpointRequest;
import com.sun.jdi.request.ClassPrepareRequest;
import com.sun.jdi.request.EventRequest;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;

/**
 * Stops a thread of another JVM at the beginning of a method, while the rest of that JVM goes on. A process can so be
 * killed in the middle of whatever it does, without a hook for tests in the code that is tested.
 */
final class Debugger implements AutoCloseable {

  private final VirtualMachine machine;
  private EventSet held;

  private Debugger(VirtualMachine machine) {
    this.machine = machine;
  }

  /** @param port at which the JVM's debug agent listens */
  static Debugger attach(int port) {
    AttachingConnector connector = Bootstrap.virtualMachineManager().attachingConnectors().stream()
        .filter(one -> one.name().equals("com.sun.jdi.SocketAttach")).findFirst().orElseThrow();
    Map<String, Connector.Argument> arguments = connector.defaultArguments();
    arguments.get("hostname").setValue("127.0.0.1");
    arguments.get("port").setValue(String.valueOf(port));
    // A JVM that was just started does not listen yet.
    VirtualMachine machine = Awaitility.await("debug agent").atMost(Fleet.PATIENCE)
        .pollInterval(Duration.ofMillis(20)).ignoreException(ConnectException.class)
        .until(() -> connector.attach(arguments), Objects::nonNull);
    return new Debugger(machine);
  }

  /**
   * From now on the thread that enters the method stands still.
   *
   * @param place {@code class#method}
   * @param hit 1 for every time, otherwise only at this one
   */
  void breakAt(String place, int hit) {
    String type = place.substring(0, place.indexOf('#'));
    var loaded = machine.classesByName(type);
    if (loaded.isEmpty()) {
      ClassPrepareRequest request = machine.eventRequestManager().createClassPrepareRequest();
      request.addClassFilter(type);
      request.putProperty("place", place);
      request.putProperty("hit", hit);
      request.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
      request.enable();
      // It may have been loaded between the question and the request.
      loaded = machine.classesByName(type);
    }
    loaded.forEach(found -> breakIn(found, place, hit));
  }

  private void breakIn(ReferenceType type, String place, int hit) {
    for (Method method : type.methodsByName(place.substring(place.indexOf('#') + 1))) {
      if (!method.isAbstract() && !method.isBridge()) {
        BreakpointRequest request = machine.eventRequestManager().createBreakpointRequest(method.location());
        request.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
        request.putProperty("place", place);
        if (hit > 1) {
          request.addCountFilter(hit);
        }
        request.enable();
      }
    }
  }

  /** Returns when a thread stands at that place; other threads that stand somewhere go on. */
  void await(String place) throws InterruptedException {
    long end = System.nanoTime() + Fleet.PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      EventSet events = machine.eventQueue().remove(1000);
      boolean there = false;
      for (Event event : events == null ? List.<Event>of() : events) {
        if (event instanceof ClassPrepareEvent prepared) {
          breakIn(prepared.referenceType(), (String) event.request().getProperty("place"),
              (int) event.request().getProperty("hit"));
        }
        there |= event instanceof BreakpointEvent && place.equals(event.request().getProperty("place"));
      }
      if (there) {
        held = events;
        return;
      }
      if (events != null) {
        events.resume();
      }
    }
    throw new AssertionError("nobody came to " + place);
  }

  /** Returns when a thread has come to a place for the {@code count}th time and stands there. */
  void hold(String place, int count) throws InterruptedException {
    breakAt(place, 1);
    await(place);
    for (int i = 1; i < count; i++) {
      goOn();
      await(place);
    }
  }

  /** The thread that {@link #await} has found goes on. */
  void goOn() {
    held.resume();
  }

  /** Everything in that JVM goes on, if it still lives. */
  @Override
  public void close() {
    try {
      machine.dispose();
    } catch (VMDisconnectedException killed) {
      // As intended.
    }
  }
}
