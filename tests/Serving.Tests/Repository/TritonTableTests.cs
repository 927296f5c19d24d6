using System.Text;
using System.Text.RegularExpressions;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Tests.Repository;

/// <summary>Holds the table of <c>docs/triton.md</c> and the reader of <c>config.pbtxt</c> together.</summary>
public sealed partial class TritonTableTests
{
    /// <summary>The fields of Triton's <c>model_config.proto</c>; those of a message in braces behind its field.</summary>
    private const string Fields =
        """
        name platform backend runtime version_policy { latest { num_versions } all specific { versions } } max_batch_size
        input { name data_type format dims reshape { shape } is_shape_tensor allow_ragged_batch optional is_non_linear_format_io }
        output { name data_type dims reshape { shape } label_filename is_shape_tensor is_non_linear_format_io }
        batch_input { kind target_name data_type source_input } batch_output { target_name kind source_input }
        optimization {
          graph { level } priority cuda { graphs busy_wait_events graph_spec { batch_size input graph_lower_bound } output_copy_stream }
          execution_accelerators { gpu_execution_accelerator { name parameters } cpu_execution_accelerator { name parameters } }
          input_pinned_memory { enable } output_pinned_memory { enable } gather_kernel_buffer_threshold eager_batching
        }
        dynamic_batching {
          preferred_batch_size max_queue_delay_microseconds preserve_ordering priority_levels default_priority_level
          default_queue_policy { timeout_action default_timeout_microseconds allow_timeout_override max_queue_size }
          priority_queue_policy { timeout_action default_timeout_microseconds allow_timeout_override max_queue_size }
        }
        sequence_batching {
          direct { max_queue_delay_microseconds minimum_slot_utilization }
          oldest { max_candidate_sequences preferred_batch_size max_queue_delay_microseconds preserve_ordering }
          max_sequence_idle_microseconds
          control_input { name control { kind int32_false_true fp32_false_true bool_false_true data_type } }
          state {
            input_name output_name data_type dims initial_state { data_type dims zero_data data_file name }
            use_same_buffer_for_input_output use_growable_memory
          }
          iterative_sequence
        }
        ensemble_scheduling { step { model_name model_version input_map output_map model_namespace } max_inflight_requests }
        instance_group {
          name kind count rate_limiter { resources { name global count } priority } gpus secondary_devices { kind device_id }
          profile passive host_policy
        }
        default_model_filename cc_model_filenames metric_tags parameters { string_value }
        model_warmup { name batch_size inputs { data_type dims zero_data random_data input_data_file } count }
        model_operations { op_library_filename } model_transaction_policy { decoupled }
        model_repository_agents { agents { name parameters } } response_cache { enable }
        model_metrics { metric_control { metric_identifier { family } histogram_options { buckets } } }
        """;

    private const string All = ".*";

    public static TheoryData<string, string, string> Rows =>
        [.. Table().Select(row => new TheoryDataRow<string, string, string>(row.Field, row.Outcome, row.Example))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_field_behaves_as_the_documented_table_says(string field, string outcome, string example)
    {
        var name = field.EndsWith(All, StringComparison.Ordinal) ? field[..^All.Length] : field;
        var (warnings, error) = Read(example);

        Assert.Contains(name.Split('.')[^1], example, StringComparison.Ordinal);
        switch (outcome)
        {
            case "served":
                Assert.Equal((null, ""), (error, string.Join('\n', warnings)));
                break;
            case "ignored":
                Assert.Null(error);
                Assert.EndsWith($"'{name}' has no effect here", WithoutMaps(Assert.Single(warnings)), StringComparison.Ordinal);
                break;
            default:
                Assert.Equal("refused", outcome);
                Assert.Contains($"'{name}' is not supported: ", error, StringComparison.Ordinal);
                break;
        }
    }

    [Fact]
    public void The_table_has_every_field_and_no_others()
    {
        var (rows, fields) = (Table().Select(row => row.Field).ToList(), Paths().ToList());

        Assert.Equal([], fields.Where(field => !rows.Any(row => Covers(row, field))));
        Assert.Equal([], rows.Where(row => !fields.Any(field => Covers(row, field))));
        Assert.Equal(rows.Count, rows.Distinct().Count());
    }

    [Theory]
    [InlineData("input { name: 'x' is_shape_tensor: false allow_ragged_batch: False optional: false is_non_linear_format_io: 0 }")]
    [InlineData("model_transaction_policy { decoupled: false }")]
    [InlineData("dynamic_batching { preserve_ordering: false }")]
    public void A_false_field_counts_as_absent(string text) => Assert.Equal((0, null), (Read(text).Warnings.Count, Read(text).Error));

    [Fact]
    public void What_is_neither_true_nor_false_is_an_error() =>
        Assert.EndsWith("'model_transaction_policy.decoupled' is 2: expected true or false", Read("model_transaction_policy { decoupled: 2 }").Error);

    private static bool Covers(string row, string field) => row.EndsWith(All, StringComparison.Ordinal)
        ? field.StartsWith(row[..^1], StringComparison.Ordinal)
        : row == field;

    private static IEnumerable<(string Field, string Outcome, string Example)> Table() => File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "triton.md"))
        .Select(line => Row().Match(line)).Where(row => row.Success)
        .Select(row => (row.Groups["field"].Value, row.Groups["outcome"].Value, row.Groups["example"].Value));

    /// <summary>The full names of the fields that are no messages.</summary>
    private static IEnumerable<string> Paths()
    {
        var (outer, last) = (new Stack<string>(), "");
        foreach (var word in Fields.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Append("}"))
        {
            if (word != "{" && last.Length > 0)
            {
                yield return string.Join('.', outer.Reverse().Append(last));
            }

            if (word == "{")
            {
                outer.Push(last);
            }
            else if (word == "}")
            {
                outer.TryPop(out _);
            }

            last = word is "{" or "}" ? "" : word;
        }
    }

    private static (IReadOnlyList<string> Warnings, string? Error) Read(string text)
    {
        try
        {
            return (ModelConfigReader.Read(Encoding.UTF8.GetBytes(text), "m").Warnings, null);
        }
        catch (ManifestException error)
        {
            return ([], error.Message);
        }
    }

    private static string WithoutMaps(string warning) => warning.Replace(".value.", ".", StringComparison.Ordinal);

    [GeneratedRegex(@"^\| `(?<field>[a-z0-9_.*]+)` \| (?<outcome>\w+) \|[^|]*\| `(?<example>[^|`]+)` \|$")]
    private static partial Regex Row();
}
