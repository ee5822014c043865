//! Names and stacks of threads, which differ by OS.

/// Sets the name of this thread that debuggers and `top -H` show. Elsewhere than on Linux, a thread keeps the name that
/// it was started with.
pub(crate) fn set_name(name: &str) {
    // Linux truncates a name to 15 bytes (prctl(2), PR_SET_NAME). Nothing depends on the name.
    #[cfg(target_os = "linux")]
    let _ = std::ffi::CString::new(name).map(|name| rustix::thread::set_name(&name));
    #[cfg(not(target_os = "linux"))]
    let _ = name;
}

/// Returns the memory to the OS that this thread's stack has used but no longer needs, so that an idle client doesn't
/// keep what its TLS handshake needed. Elsewhere than on Linux, this does nothing.
#[cfg(target_os = "linux")]
// Not inlined, so that the address of its variable is below the caller's variables.
#[inline(never)]
#[expect(unsafe_code, reason = "the calls have no safe wrapper")]
pub(crate) fn release_unused_stack() {
    use std::ffi::c_void;
    use std::mem::MaybeUninit;
    use std::ptr;

    /// The part of the stack that is kept, for what this function and its callees use.
    const KEPT: usize = 8 * 1024;

    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut lowest, mut size) = (ptr::null_mut::<c_void>(), 0);
    // SAFETY: the attributes are initialized by the first call, which must succeed for the others to be made, and are
    // destroyed by the last.
    let is_known = unsafe {
        libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) == 0
            && libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size) == 0
            && libc::pthread_attr_destroy(attributes.as_mut_ptr()) == 0
    };
    let (start, here) = (lowest.addr(), (&raw const size).addr());
    // SAFETY: the call only returns a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    let end = (here - KEPT) / page * page;
    if is_known && start.is_multiple_of(page) && (start..start + size).contains(&end) {
        // SAFETY: the range is a part of this thread's stack below all of its variables, so nothing refers to it.
        // Afterwards it is zero when it is used again (madvise(2)). If the call fails, the memory is only kept.
        unsafe { libc::madvise(lowest, end - start, libc::MADV_DONTNEED) };
    }
}

/// Does nothing.
#[cfg(not(target_os = "linux"))]
pub(crate) fn release_unused_stack() {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;
    use std::hint::black_box;

    use super::*;

    /// Uses at least `depth` KiB of the stack.
    #[inline(never)]
    fn use_stack(depth: u32) -> u32 {
        let used = black_box([1_u8; 1024]);
        let below = if depth > 1 { use_stack(depth - 1) } else { 0 };
        below + u32::from(black_box(used)[0])
    }

    /// Returns how many KiB of this thread's stack are in memory (proc(5), `smaps`).
    fn resident() -> usize {
        let variable = 0_u8;
        let here = (&raw const variable).addr();
        let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
        let mut is_here = false;
        for line in smaps.lines() {
            let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
            if let Some((Ok(start), Ok(end))) =
                range.map(|(start, end)| (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16)))
            {
                is_here = (start..end).contains(&here);
            } else if let Some(size) = line.strip_prefix("Rss:").filter(|_| is_here) {
                return size.trim().trim_end_matches(" kB").parse().unwrap();
            }
        }
        panic!("no mapping contains {here:x}");
    }

    #[test]
    fn used_stack_is_released() {
        let measure = || {
            let kept = [7_u8; 100];
            assert_eq!(use_stack(100), 100);
            let before = resident();
            release_unused_stack();
            let after = resident();
            assert_eq!(use_stack(100), 100);
            assert_eq!(black_box(kept), [7; 100]);
            (before, after)
        };
        let (before, after) =
            std::thread::Builder::new().stack_size(512 * 1024).spawn(measure).unwrap().join().unwrap();
        assert!(before >= 100 && after + 60 < before, "{before} KiB before, {after} KiB after");
    }
}
