using Krewe.Abstractions.Errors;
using Krewe.Grains.Interfaces.Publishing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Krewe.Client.Settings;

/// <summary>
/// The largest request or response in a message. It follows from Orleans' limit for the message body, which is the setting to change: a
/// larger message closes the connection with all calls on it.
/// </summary>
public sealed class MessageLimit
{
    /// <summary>The minimum message body in bytes that fits all our messages: pieces of uploads have a fixed size.</summary>
    public const long SmallestBody = UploadContent.ChunkBytes + Reserve;

    // The overhead of Orleans' envelope around a request or response.
    private const long Reserve = 1 << 20;

    private MessageLimit(long body) => Bytes = Math.Max(1, body - Reserve);

    /// <summary>The maximum size, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The limit of this process, from a client's <see cref="ClientMessagingOptions"/> or a silo's options.</summary>
    public static MessageLimit Of<TOptions>(IServiceProvider services)
        where TOptions : MessagingOptions => new(services.GetRequiredService<IOptions<TOptions>>().Value.MaxMessageBodySize);

    /// <summary>A setting's value, or the maximum if it is null; throws <see cref="KreweException"/> if it exceeds the maximum.</summary>
    public long Apply(string setting, long? bytes) => bytes is { } set && set > Bytes
        ? throw KreweException.InvalidInput(
            $"{setting} is {set}: expected at most {Bytes}, {Reserve} less than Orleans' {nameof(MessagingOptions.MaxMessageBodySize)}")
        : bytes ?? Bytes;
}
