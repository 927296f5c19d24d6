namespace Krewe.Abstractions.Hosting;

/// <summary>Where models run.</summary>
public enum IsolationMode
{
    /// <summary>Graphs that could end, stall or bloat a process run in a worker process, all others in this one.</summary>
    Auto,

    /// <summary>In a worker process.</summary>
    Process,

    /// <summary>In this process.</summary>
    None,
}
