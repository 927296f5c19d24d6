using System.Net;
using Krewe.Api.Settings;

namespace Krewe.Launch.Http;

/// <summary>What can be set of a program that answers HTTP. Null leaves a value to <see cref="ApiOptions"/>.</summary>
public interface IHttpOptions
{
    /// <summary>The address to listen on.</summary>
    IPAddress Bind { get; set; }

    /// <summary>The largest request body.</summary>
    long? MaxBodyBytes { get; set; }

    /// <summary>Whether versions can be published and deleted.</summary>
    bool? Publish { get; set; }

    /// <summary>The largest version that can be published.</summary>
    long? MaxPublishBytes { get; set; }

    /// <summary>The longest time one request may take.</summary>
    TimeSpan? RequestTimeout { get; set; }

    /// <summary>The header in which callers give the key of their calls.</summary>
    string? RouteKeyHeader { get; set; }
}
