using System.Net;
using System.Text;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Crashes;

/// <summary>Writes down the runs of one version in this process.</summary>
/// <param name="recorder">Where they are written.</param>
/// <param name="model">The version.</param>
/// <param name="canHarm">True if an input can make it end the process.</param>
internal sealed class FlightLog(FlightRecorder recorder, ModelId model, bool canHarm)
{
    private readonly byte[] name = Encoding.ASCII.GetBytes(model.ToString());

    /// <summary>True if runs are written down with the hashes of their inputs.</summary>
    public bool NeedsInputs => canHarm;

    /// <inheritdoc cref="FlightRecorder.BeginRun"/>
    public void Begin(int requests, string? requestId, IPAddress? caller, ReadOnlySpan<UInt128> inputs) =>
        recorder.BeginRun(canHarm ? NativeWork.HarmfulRun : NativeWork.PlainRun, name, requests, requestId, caller, inputs);

    /// <inheritdoc cref="FlightRecorder.End"/>
    public void End() => recorder.End();
}
