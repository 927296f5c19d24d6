using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Models;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Grains.Tests.Models;

public sealed class RouteSubscribersTests
{
    private const string One = "S127.0.0.1:11111:1";
    private const string Two = "S127.0.0.1:11112:1";
    private readonly FakeTimeProvider time = new();
    private readonly RouteSubscribers readers;

    public RouteSubscribersTests()
    {
        readers = new RouteSubscribers(time);
        time.Advance(TimeSpan.FromSeconds(11));
    }

    [Fact]
    public void Members_are_waited_for_as_long_as_they_are_alive_and_others_for_ten_seconds()
    {
        readers.RecordRead(new RouteSubscriber(One, true, 4));
        readers.RecordRead(new RouteSubscriber("client a", false, 4));

        Assert.Empty(readers.FindBehind(4, [One]));
        Assert.Equal([Two], readers.FindBehind(4, [One, Two]));
        Assert.Equal([One, "client a"], readers.FindBehind(5, [One]));

        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal([One], readers.FindBehind(5, [One]));
        Assert.Empty(readers.FindBehind(5, []));
    }

    [Fact]
    public void An_applied_sequence_never_goes_back()
    {
        readers.RecordRead(new RouteSubscriber(One, true, 5));
        readers.RecordRead(new RouteSubscriber(One, true, 4));

        Assert.Empty(readers.FindBehind(5, [One]));
    }

    [Fact]
    public void For_ten_seconds_nobody_can_know_which_clients_there_are() =>
        Assert.Equal(["clients outside of the cluster"], new RouteSubscribers(time).FindBehind(1, []));

    [Fact]
    public void Without_external_clients_only_members_are_waited_for() =>
        Assert.Empty(new RouteSubscribers(time, hasExternalClients: false).FindBehind(1, []));

    [Fact]
    public void Who_has_read_lately_is_told_of_changes()
    {
        var (near, silent) = (new KeptNews(), new KeptNews());
        readers.RecordRead(new RouteSubscriber("client a", false, 4, silent));
        time.Advance(TimeSpan.FromSeconds(11));
        var next = readers.NextRead;
        readers.RecordRead(new RouteSubscriber(One, true, 4, near));

        readers.Push(new RouteNews(4, 5, new ModelRoute { Model = "m", Epoch = 1 }));

        Assert.True(next.IsCompleted);
        Assert.Equal([5L], near);
        Assert.Empty(silent);
    }

    private sealed class KeptNews : List<long>, IRouteObserver
    {
        public void Hear(RouteNews news) => Add(news.Sequence);
    }
}
