using System.Net;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Grains.Tests.Models;

public sealed class RoutePushTests
{
    private static readonly SiloAddress[] Silos = [.. Enumerable.Range(1, 3).Select(port => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1))];
    private static readonly ModelRoute Route = new() { Model = "a", Epoch = 1 };

    [Fact]
    public async Task It_is_done_when_all_silos_that_answer_have_applied()
    {
        var draining = new TaskCompletionSource();
        var push = Push(_ => Task.CompletedTask, _ => throw new TimeoutException("gone"), _ => draining.Task);

        var sent = push.SendAsync(Route, Silos, TimeSpan.FromMinutes(1));
        Assert.False(sent.IsCompleted);
        draining.SetResult();

        await sent;
    }

    [Fact]
    public async Task A_silo_that_does_not_answer_in_time_is_left_to_its_poll()
    {
        var applied = 0;
        var push = Push(Apply, _ => new TaskCompletionSource().Task, Apply);

        await push.SendAsync(Route, Silos, TimeSpan.FromMilliseconds(20));

        Assert.Equal(2, applied);

        Task Apply(ModelRoute route)
        {
            Assert.Same(Route, route);
            Interlocked.Increment(ref applied);
            return Task.CompletedTask;
        }
    }

    private static RoutePush Push(params Func<ModelRoute, Task>[] nodes) =>
        new(silo => new ScriptedNode(nodes[Array.IndexOf(Silos, silo)]), TimeProvider.System, NullLogger.Instance);
}
