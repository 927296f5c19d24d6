namespace Krewe.Launch;

/// <summary>What can be set of the health check.</summary>
internal interface IHealthOptions
{
    /// <summary><c>live</c> or <c>ready</c> to ask the running process and end; null to run.</summary>
    string? Health { get; set; }
}
