//! Link flags that a Node addon needs; knows nothing else.

fn main() {
    napi_build::setup();
}
