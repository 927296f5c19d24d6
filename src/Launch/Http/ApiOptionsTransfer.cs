using Krewe.Api.Settings;

namespace Krewe.Launch.Http;

/// <summary>Hands what was set to the HTTP side; what was not set keeps its defaults.</summary>
public static class ApiOptionsTransfer
{
    public static void CopyTo(this IHttpOptions options, ApiOptions api)
    {
        api.OwnsEveryPath = true;
        api.Limits.MaxBodyBytes = options.MaxBodyBytes ?? api.Limits.MaxBodyBytes;
        api.RouteKeyHeader = options.RouteKeyHeader ?? api.RouteKeyHeader;
        api.Limits.MaxPublishBytes = options.MaxPublishBytes ?? api.Limits.MaxPublishBytes;
        api.Publishing = options.Publish ?? api.Publishing;
        api.Limits.MaxTimeout = options.RequestTimeout ?? api.Limits.MaxTimeout;
    }
}
