"""The papers that go with a release, each made from its manifest."""
