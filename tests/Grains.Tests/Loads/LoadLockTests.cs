using Krewe.Grains.Loads;

namespace Krewe.Grains.Tests.Loads;

public sealed class LoadLockTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ordinary_loads_go_together_and_one_alone_waits_for_them_and_holds_up_the_next()
    {
        var loads = new LoadLock();
        var first = await loads.EnterAsync(false, Cancellation);
        var second = await loads.EnterAsync(false, Cancellation);
        var alone = loads.EnterAsync(true, Cancellation).AsTask();
        var later = loads.EnterAsync(false, Cancellation).AsTask();
        first.Dispose();
        first.Dispose();
        Assert.False(alone.IsCompleted);
        second.Dispose();
        var only = await alone;
        Assert.False(later.IsCompleted);
        only.Dispose();
        (await later).Dispose();
    }

    [Fact]
    public async Task One_that_gives_up_holds_nobody_up()
    {
        var loads = new LoadLock();
        using var first = await loads.EnterAsync(false, Cancellation);
        using var source = new CancellationTokenSource();
        var alone = loads.EnterAsync(true, source.Token).AsTask();
        var later = loads.EnterAsync(false, Cancellation).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => alone);
        (await later).Dispose();
    }

    [Fact]
    public async Task Under_a_crowd_one_alone_is_really_alone_and_every_load_gets_in()
    {
        var loads = new LoadLock();
        var (shared, single) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
        {
            await Task.Yield();
            var alone = i % 7 == 0;
            using var held = await loads.EnterAsync(alone, Cancellation);
            if (alone)
            {
                Assert.Equal(1, Interlocked.Increment(ref single));
                Assert.Equal(0, Volatile.Read(ref shared));
                await Task.Yield();
                Assert.Equal(0, Volatile.Read(ref shared));
                Interlocked.Decrement(ref single);
            }
            else
            {
                Interlocked.Increment(ref shared);
                Assert.Equal(0, Volatile.Read(ref single));
                await Task.Yield();
                Interlocked.Decrement(ref shared);
            }
        }));
    }
}
