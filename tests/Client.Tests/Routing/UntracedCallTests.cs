using Krewe.Abstractions.Telemetry;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Tests.Routing;

public sealed class UntracedCallTests
{
    /// <summary>No test of this process listens; what a trace polls like is in Grains.Tests.</summary>
    [Fact]
    public void Where_nobody_listens_there_are_no_spans_and_nothing_is_allocated_for_them()
    {
        var replica = new ReplicaId(FakeSnapshots.Id("m", 1), 0);
        Trace();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Trace();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Trace()
        {
            using var route = KreweTelemetry.Source.StartActivity("krewe.route");
            CallTrace.Send();
            using var received = CallTrace.Receive(replica);
            Assert.True(route is null && received is null && KreweTelemetry.Span is null);
        }
    }
}
