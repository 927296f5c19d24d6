using Krewe.Serving.Memory;

namespace Krewe.Serving.Tests.Memory;

public sealed class LoadMeterTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public void A_session_on_the_processor_is_what_its_load_left()
    {
        var memory = new CountedMemory();

        var bytes = Measure(new LoadMeter(memory), 10 * MiB, () => memory.Allocate(12 * MiB), isOnDevice: false);

        Assert.InRange(bytes, 12 * MiB, 13 * MiB);
        Assert.Equal(0, memory.BytesSetAside);
    }

    [Fact]
    public void What_a_provider_keeps_for_the_process_is_no_part_of_a_session_on_a_device()
    {
        var memory = new CountedMemory();
        var meter = new LoadMeter(memory);

        var first = Measure(meter, MiB, () => memory.Allocate(300 * MiB), isOnDevice: true);
        var second = Measure(meter, MiB, () => memory.Allocate(2 * MiB), isOnDevice: true);

        Assert.InRange(first, MiB, 6 * MiB);
        Assert.InRange(second, 2 * MiB, 3 * MiB);
        Assert.Equal(302 * MiB, memory.BytesSetAside + first + (2 * MiB));
    }

    [Fact]
    public void It_is_set_aside_where_loads_overlap_too()
    {
        var memory = new CountedMemory();
        var meter = new LoadMeter(memory);

        Measure(meter, MiB, () => Measure(meter, MiB, () => memory.Allocate(300 * MiB), isOnDevice: true), isOnDevice: false);

        Assert.InRange(memory.BytesSetAside, 298 * MiB, 300 * MiB);
    }

    [Fact]
    public void Loads_that_overlap_are_estimated_and_one_after_a_failed_load_is_measured()
    {
        var memory = new CountedMemory();
        var meter = new LoadMeter(memory);
        var (first, second) = (meter.Begin(), meter.Begin());
        memory.Allocate(12 * MiB);

        Assert.Equal(LoadMeter.EstimateLoaded(MiB), meter.End(first, MiB, isOnDevice: false));
        meter.Cancel();
        Assert.NotEqual(first, second);
        Assert.InRange(Measure(meter, 10 * MiB, () => memory.Allocate(12 * MiB), isOnDevice: false), 12 * MiB, 13 * MiB);
    }

    private static long Measure(LoadMeter meter, long fileBytes, Action load, bool isOnDevice)
    {
        var started = meter.Begin();
        load();
        return meter.End(started, fileBytes, isOnDevice);
    }

    private sealed class CountedMemory : ProcessMemory
    {
        private long inUse;

        public override long NativeBytesInUse => inUse;

        public override long ResidentBytes => inUse;

        public void Allocate(long bytes) => inUse += bytes;

        public override void ReturnFreeMemory()
        {
        }
    }
}
