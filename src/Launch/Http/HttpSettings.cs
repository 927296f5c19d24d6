namespace Krewe.Launch;

/// <summary>The settings of programs that answer HTTP.</summary>
internal static class HttpSettings
{
    public static readonly ISetting<IHttpOptions> Bind = Setting<IHttpOptions>.Of(
        "bind", "ADDRESS", "The address to listen on. There is no authentication: think before you leave the default, 127.0.0.1.",
        Notations.Address, static (options, address) => options.Bind = address);

    public static readonly ISetting<IHttpOptions> MaxBodySize = Setting<IHttpOptions>.Of(
        "max-body-size", "SIZE", "The largest request body. Default 64MiB.",
        ByteSize.OneArray, static (options, bytes) => options.MaxBodyBytes = bytes);

    public static readonly ISetting<IHttpOptions> RequestTimeout = Setting<IHttpOptions>.Of(
        "request-timeout", "TIME", "The longest that one request may take. Default: as long as it takes.",
        Duration.Positive, static (options, time) => options.RequestTimeout = time);
}
