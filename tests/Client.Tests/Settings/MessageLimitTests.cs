using Krewe.Abstractions.Errors;
using Krewe.Client.Settings;
using Krewe.Grains.Interfaces.Publishing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Krewe.Client.Tests.Settings;

public sealed class MessageLimitTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public void Unless_told_otherwise_it_is_what_the_engine_has_less_a_reserve() =>
        Assert.Equal(new SiloMessagingOptions().MaxMessageBodySize - MiB, Limit(new ServiceCollection()).Bytes);

    [Fact]
    public void A_client_outside_goes_by_the_limit_for_clients() =>
        Assert.Equal(4 * MiB, OfClient(5 * MiB).Bytes);

    [Fact]
    public void A_setting_may_say_less_and_not_more()
    {
        var limit = OfClient(5 * MiB);

        Assert.Equal([4 * MiB, 4 * MiB, 7], new[] { limit.Apply("a", null), limit.Apply("a", 4 * MiB), limit.Apply("a", 7) });
        var error = Assert.Throws<KreweException>(() => limit.Apply("MaxMessageBytes", (4 * MiB) + 1));
        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.Contains("MaxMessageBytes is 4194305: expected at most 4194304", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pieces_of_uploads_pass_the_smallest_limit() =>
        Assert.Equal(UploadContent.ChunkBytes, OfClient(MessageLimit.SmallestBody).Bytes);

    private static MessageLimit OfClient(long body) =>
        Limit(new ServiceCollection().Configure<ClientMessagingOptions>(messages => messages.MaxMessageBodySize = (int)body));

    private static MessageLimit Limit(IServiceCollection services) => MessageLimit.Of<ClientMessagingOptions>(services.AddOptions().BuildServiceProvider());
}
