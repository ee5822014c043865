"""The ears and hands of a screen reader: a program's controls, found over AT-SPI by role and name, and pressed.

For the scripts that use the real window. Needs Python's gi with Atspi, and an accessibility bus.
"""

import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib

BUTTON, TAB, ROW = Atspi.Role.PUSH_BUTTON, Atspi.Role.PAGE_TAB, Atspi.Role.LIST_ITEM
LABEL = Atspi.Role.LABEL


def wait_until(what, look, patience=40):
    """Calls `look` repeatedly until it returns something, and returns that."""
    deadline = time.monotonic() + patience
    while True:
        try:
            found = look()
        except GLib.Error:
            # The window has changed meanwhile, and the control no longer exists.
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)


def listen():
    """Says that somebody listens, as a screen reader does when it starts."""
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    listening = GLib.Variant("(ssv)", ("org.a11y.Status", "IsEnabled", GLib.Variant("b", True)))
    bus.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set", listening, None, 0, -1,
                  None)
    Atspi.init()


class Window:
    """The only window of the program."""

    def __init__(self):
        listen()
        self.top = wait_until("the program on the accessibility bus", self._application)
        self.button = lambda name: self.find(BUTTON, name)
        wait_until("what is in the window", lambda: self.button("Help"))

    @staticmethod
    def _application():
        desktop = Atspi.get_desktop(0)
        children = [desktop.get_child_at_index(index) for index in range(desktop.get_child_count())]
        ours = [child for child in children if child and (child.get_name() or "").lower().startswith("echoscope")]
        return ours[0] if ours else None

    def walk(self, node=None):
        """Every node, from the top down."""
        node = node or self.top
        yield node
        for index in range(node.get_child_count()):
            child = node.get_child_at_index(index)
            if child:
                yield from self.walk(child)

    def find(self, role, name):
        """The first node of this role (None: any that can be pressed) and name, or with what stars enclose in its name."""
        def is_it(known):
            return name.strip("*") in known if name.startswith("*") else known == name

        def fits(node):
            return node.get_n_actions() > 0 if role is None else node.get_role() == role
        return next((node for node in self.walk() if is_it(node.get_name() or "") and fits(node)), None)

    def press(self, name, role=BUTTON):
        """Presses a control as soon as that is possible."""
        def possible():
            control = self.find(role, name)
            return control if control and control.get_state_set().contains(Atspi.StateType.ENABLED) else None
        control = wait_until(f"{name}, to be pressed", possible)
        assert control.get_n_actions() > 0, f"{name} has no action"
        assert control.do_action(0), f"{name} was not pressed"

    def text(self, name):
        """What stands in a text field."""
        field = wait_until(f"the field {name}", lambda: self.find(Atspi.Role.ENTRY, name))
        return Atspi.Text.get_text(field, 0, -1)
